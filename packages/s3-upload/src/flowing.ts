import type { OpenSource } from "@sluice/read-slots";
import { NotPausedError } from "./errors.js";

/** What it takes of a Node Readable to get its chunks as they are. */
export interface FlowingReadable {
  on(event: string, listener: (value?: unknown) => void): unknown;
  listenerCount(event: string): number;
  pause(): unknown;
  resume(): unknown;
  destroy(error?: Error): unknown;
}

type Step = IteratorResult<unknown, undefined>;

interface Reader {
  resolve(step: Step): void;
  reject(error: unknown): void;
}

//  paused ──next()──▶ flowing ──data──▶ paused
//     │                  ├──────end──────────────────▶ ended
//     ├───error, close───┴──error, close, no end─────▶ failed, once somebody asks
//     └───more than may come unasked──▶ destroyed ──────▶ failed, once somebody asks

/** What a stream may bring although it was paused: so many chunks, or bytes; one chunk may have any size. */
const MOST_EARLY = 16;
const MOST_EARLY_BYTES = 2 ** 20;

/** Whether nobody else has a say in how the stream flows. */
export const canFlow = (stream: object): stream is FlowingReadable => {
  const { pause, resume, listenerCount } = stream as Partial<FlowingReadable>;
  if (![pause, resume, listenerCount].every((method) => typeof method === "function")) return false;
  // Who listens to this reads by hand, and then nothing flows.
  return (stream as FlowingReadable).listenerCount("readable") === 0;
};

/**
 * Opens a Node Readable for its chunks, one by one as they were pushed. Its own iterator joins all that waits in the
 * stream into new memory: as much garbage again as the body is long.
 */
export function openFlowing(stream: FlowingReadable): OpenSource<unknown> {
  // A stream that does not heed `pause` brings them unasked.
  const early: unknown[] = [];
  let earlyBytes = 0;
  let reader: Reader | undefined;
  let over: (() => Promise<Step>) | undefined;

  const settle = (ending: () => Promise<Step>) => {
    over ??= ending;
    if (reader) over().then(reader.resolve, reader.reject);
    reader = undefined;
  };
  const keep = (value: unknown) => {
    earlyBytes += sizeOf(value);
    early.push(value);
    const few = early.length <= MOST_EARLY && earlyBytes <= MOST_EARLY_BYTES;
    if (few || early.length === 1) return;
    const error = new NotPausedError(early.splice(0).length, earlyBytes);
    settle(() => Promise.reject(error));
    stream.destroy(error);
  };
  stream.pause();
  stream.on("data", (value) => {
    stream.pause();
    if (reader) reader.resolve({ done: false, value });
    else if (!over) keep(value);
    reader = undefined;
  });
  stream.on("end", () => settle(() => Promise.resolve(END)));
  stream.on("error", (error) => settle(() => Promise.reject(error)));
  stream.on("close", () => settle(() => Promise.reject(new PrematureCloseError())));

  return {
    next() {
      if (early.length > 0) {
        const value = early.shift();
        earlyBytes -= sizeOf(value);
        return { done: false, value };
      }
      if (over) return over();
      return new Promise((resolve, reject) => {
        reader = { resolve, reject };
        stream.resume();
      });
    },
    cancel: (reason) => void stream.destroy(reason instanceof Error ? reason : undefined),
  };
}

const sizeOf = (chunk: unknown): number => (chunk as { length?: number } | undefined)?.length ?? 0;

const END: Step = { done: true, value: undefined };

/** A Readable was closed before its end, and gave no reason. `code` is `ERR_STREAM_PREMATURE_CLOSE`, as Node's own. */
export class PrematureCloseError extends Error {
  override readonly name = "PrematureCloseError";
  readonly code = "ERR_STREAM_PREMATURE_CLOSE";
  constructor() {
    super("the body was closed before its end");
  }
}
