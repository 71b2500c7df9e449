import { type DigestAlgorithm, digestOf, type StoreBody } from "@sluice/object-store";
import type { Waiting } from "./stall.js";

/** The bytes of a part, wherever they wait. They can be sent as often as it takes. */
export interface PartBytes {
  readonly size: number;
  /** The bytes, for one request. */
  body(): StoreBody;
  /** The raw digest of all of them. */
  digest(algorithm: DigestAlgorithm): Promise<Uint8Array>;
}

/** A part that somebody is to send. */
export interface Part extends PartBytes {
  /** From 1. */
  readonly number: number;
  /** Whether this is the whole body. */
  readonly only: boolean;
  /** Brings the bytes, if they are not there yet: before `body` and `digest`, and once. */
  load?(signal: AbortSignal): Promise<void>;
  /** Gives back what the bytes took, once. They are gone then. */
  release(): void;
}

/** Cuts a body into parts. To be asked one at a time. */
export interface Parts extends AsyncIterableIterator<Part, undefined>, Waiting {
  /** Bytes of memory that hold parts, or are kept for the next one. */
  readonly held: number;
  /** Stops the source at once. Parts that were handed out stay until they are released. */
  cancel(reason: unknown): void;
  /** Gives back everything. For when nobody works on a part any more. */
  close(): Promise<void>;
}

/** Where parts wait until they are sent, within what this place has room for. */
export interface PartSpace {
  /** Bytes of memory. */
  readonly held: number;
  /**
   * Waits for room for a part.
   *
   * - **Order:** first come, first served, with all who share the room.
   * - **Abort:** rejects with `signal.reason`; nothing was taken.
   * - **Errors:** those of the budget's `acquire`.
   */
  take(size: number, signal: AbortSignal): Promise<PartPlace>;
  /** No more room will be asked for: what is free is given back, at once and from now on. */
  retire(): void;
  /**
   * Gives back everything, also what parts still have.
   *
   * - **Order:** none.
   * - **Abort:** none: nothing in it waits for a source or a store.
   * - **Errors:** none.
   */
  close(): Promise<void>;
}

/** Room for one part. */
export interface PartPlace {
  /** Appends a copy. A promise is to be awaited before the next call, and before the bytes change. */
  write(bytes: Uint8Array): void | Promise<void>;
  /** What was written, which is all that will be. */
  finish(): PartBytes | Promise<PartBytes>;
  /** Gives the room back. Further calls do nothing. */
  release(): void;
}

export const NOTHING: PartBytes = {
  size: 0,
  body: () => new Uint8Array(0),
  digest: (algorithm) => digestOf(algorithm),
};
