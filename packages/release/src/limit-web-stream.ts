import { relayWebStream } from "./relay.js";
import type { Tap } from "./tap.js";

/** What counts the chunks, and throws for the one that is too much. */
export interface Counting {
  count(chunk: unknown): void;
}

/** What becomes of a source whose wrapper has failed. */
type Leave = (error: unknown, source: Tap) => void;

// Silent: a source that has failed itself rejects this too, and one that fails at it must not hide the cause.
const cancelled: Leave = (error, source) => void source.cancel(error).catch(() => {});

/** Wraps a web stream; one of bytes stays one of bytes. Throws `ERR_LOCKED`. */
export function limitWebStream(
  source: ReadableStream<unknown>,
  meter: Counting,
  leave: Leave = cancelled,
): ReadableStream<unknown> {
  const inspect = (chunk: unknown) => meter.count(chunk);
  return relayWebStream(source, { inspect, onOver: () => {}, onFailed: leave }).stream;
}
