/** A body on its way out. */
export interface Outgoing {
  /** Bytes, all together. */
  readonly length: number;
  /** Whether the runtime has taken every byte. */
  readonly exhausted: boolean;
  /** What the SDK's request handler sends; `undefined` for nothing. */
  payload(): Promise<unknown>;
  /** Lets go of the source. Calling it after the end does nothing. */
  stop(reason: unknown): void;
}

/** `node`: the handler pipes a Node Readable. `fetch`: it passes a web body to fetch. */
export type Transport = "node" | "fetch";
