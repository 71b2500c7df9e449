import type { NodeReadable } from "./ending.js";
import { LockedError, NotAStreamError } from "./errors.js";
import type { Meter } from "./meter.js";

//  paused ──read──▶ flowing ──chunk within the limit──▶ paused … ──end──▶ ended
//    └────────────────┴──chunk beyond it, error, close, destroy──▶ destroyed, and the source with it

/** What is used of a Readable beside its ending. */
interface Source extends NodeReadable {
  readonly readableObjectMode: boolean;
  readonly readableEncoding: string | null;
  on(event: string, listener: (value: never) => void): this;
  off(event: string, listener: (value: never) => void): this;
  pause(): this;
  resume(): this;
  destroy(error?: unknown): this;
}

interface Readable extends Source {
  push(chunk: unknown, encoding?: string): boolean;
  setEncoding(encoding: string): this;
}

type ReadableClass = new (options: {
  objectMode: boolean;
  highWaterMark: number;
  read(): void;
  destroy(error: Error | null, done: (error: Error | null) => void): void;
}) => Readable;

/** Wraps a Node Readable by a plain one: bytes beyond the limit cannot be kept from who listens to the source itself. */
export function limitNodeReadable(stream: NodeReadable, meter: Meter): NodeReadable {
  const source = stream as Source;
  const over = source.readableEnded || source.destroyed;
  if (!over && (source.readableFlowing || source.listenerCount("readable") > 0))
    throw new LockedError(source);
  const Readable = classOf(source);
  const readable = new Readable({
    objectMode: source.readableObjectMode,
    // 0: the wrapper must not read ahead of its consumer.
    highWaterMark: 0,
    read: () => source.resume(),
    destroy(error, done) {
      // What has ended is left alone: a Duplex may still be written to.
      if (!source.readableEnded) source.destroy(error ?? undefined);
      done(error);
    },
  });
  if (source.readableEncoding) readable.setEncoding(source.readableEncoding);
  if (source.readableEnded) readable.push(null);
  else if (source.destroyed) readable.destroy(source.errored ?? undefined);
  else relay(source, readable, meter);
  return readable;
}

function relay(source: Source, readable: Readable, meter: Meter): void {
  const onData = (chunk: unknown): void => {
    try {
      meter.count(chunk);
    } catch (error) {
      readable.destroy(error);
      return;
    }
    // Each chunk by itself, as the source made it, for `read()` of the source would join all that it has.
    if (!readable.push(chunk, source.readableEncoding ?? undefined) || !readable.readableFlowing)
      source.pause();
  };
  const onError = (error: unknown): void => {
    // A message of Node's server or client, whose peer is gone, tells so to who listens, and does not end the process.
    const unheard = "aborted" in source && readable.listenerCount("error") === 0;
    readable.destroy(unheard ? undefined : error);
  };
  const onEnd = (): void => {
    source.off("data", onData).off("error", onError).off("end", onEnd).off("close", onClose);
    readable.push(null);
  };
  // Without an end before it, also for the consumer of the wrapper.
  const onClose = (): unknown => readable.destroy();
  // Paused before it is listened to, or the flow would begin at once.
  source.pause();
  source.on("data", onData).on("error", onError).on("end", onEnd).on("close", onClose);
}

/** The class Readable that a stream descends from: there is one in every runtime that has such streams, and no import. */
function classOf(stream: object): ReadableClass {
  let found: unknown;
  for (let it: unknown = stream.constructor; typeof it === "function"; it = Object.getPrototypeOf(it)) {
    // Duplex has it too, and stands below.
    if (Object.hasOwn(it, "from")) found = it;
  }
  if (found === undefined) throw new NotAStreamError(stream);
  return found as ReadableClass;
}
