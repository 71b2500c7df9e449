import { alone, type Chunks } from "./chunks.js";

/** As much of Node's Readable as it takes to read an answer: this knows no Node types. */
export interface ReadableSource {
  readonly destroyed?: boolean;
  readonly readableEnded?: boolean;
  readonly errored?: unknown;
  pause(): unknown;
  resume(): unknown;
  destroy(): unknown;
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "end" | "close", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
}

export interface ReadableOptions {
  readonly signal: AbortSignal | undefined;
  /** Turns what the connection failed with into what the reader sees. */
  readonly failure: (error: unknown) => Error;
  /** From now on the source is waited for. */
  readonly onWait?: (() => void) | undefined;
  /** It has brought something, or it is over. */
  readonly onRest?: (() => void) | undefined;
}

//  paused ──next()──▶ flowing ──data──▶ paused
//     └───────────────────┴──end──▶ ended;  error, close, abort ──▶ failed, as soon as somebody asks

/** Reads a Node Readable chunk by chunk as they were pushed. It must have bytes, and nobody else that reads it. */
export function readableChunks(
  source: ReadableSource,
  { signal, failure, onWait, onRest }: ReadableOptions,
): Chunks {
  let asked: PromiseWithResolver | undefined;
  let early: Uint8Array<ArrayBuffer> | undefined;
  let over: (() => Promise<undefined>) | undefined;

  const end = (how: () => Promise<undefined>) => {
    if (over !== undefined) return;
    over = how;
    signal?.removeEventListener("abort", onAbort);
    onRest?.();
    asked?.resolve(how());
    asked = undefined;
  };
  const fail = (error: unknown) => end(() => Promise.reject(error));
  const onAbort = () => {
    fail(signal?.reason);
    source.destroy();
  };
  source.on("data", (chunk) => {
    if (over !== undefined || chunk.byteLength === 0) return;
    source.pause();
    onRest?.();
    if (asked === undefined) {
      // Paused it brings nothing; whoever brings something all the same must not be able to fill the memory.
      if (early === undefined) early = alone(chunk);
      else {
        fail(failure(new Error("the body does not wait for its reader: it goes on although it was paused")));
        source.destroy();
      }
      return;
    }
    asked.resolve(alone(chunk));
    asked = undefined;
  });
  source.on("end", () => end(() => Promise.resolve(undefined)));
  source.on("error", (error) => fail(failure(error)));
  source.on("close", () => fail(failure(new Error("the connection closed before the end of the body"))));
  source.pause();
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();
  else if (source.destroyed && !source.readableEnded) fail(failure(source.errored));

  return {
    next() {
      if (early !== undefined) {
        const chunk = early;
        early = undefined;
        return Promise.resolve(chunk);
      }
      if (over !== undefined) return over();
      return new Promise((resolve) => {
        asked = { resolve };
        onWait?.();
        source.resume();
      });
    },
    cancel() {
      end(() => Promise.resolve(undefined));
      source.destroy();
    },
  };
}

interface PromiseWithResolver {
  resolve(step: Uint8Array<ArrayBuffer> | undefined | Promise<undefined>): void;
}
