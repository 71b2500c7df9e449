import { directChunksOf } from "@sluice/object-store";
import { Pace, type PaceOptions } from "../admission/pace.js";
import { S3Error } from "../protocol/s3-error.js";

//  asked ──chunk──▶ delivered ──pull──▶ asked … ──length reached, asked once more──▶ ended
//    ├──error, short, long──▶ failed    ├──cancel, abort──▶ left
//    └──no chunk in time──▶ failed      └──nobody asks in time, or too slowly──▶ lost

export interface OutgoingOptions extends PaceOptions {
  /** Bytes that the client was told, if it was told any. */
  readonly length: number | undefined;
  /** Milliseconds that the store may let the client wait for a chunk. */
  readonly storeTimeout: number;
  readonly signal: AbortSignal;
  /** Called once, with the bytes that were delivered, and why not all of them were. */
  readonly onEnd: (bytes: number, complete: boolean, why: unknown) => void;
}

/**
 * A body on its way to the client: exactly as long as declared or an error, and never waiting for ever.
 *
 * It ends only when it is asked again after the last chunk, so that its end means that the last chunk was dealt with.
 */
export function outgoingBody(
  source: ReadableStream<Uint8Array>,
  options: OutgoingOptions,
): ReadableStream<Uint8Array> {
  const { length, storeTimeout, signal, onEnd } = options;
  const { next, cancel } = chunksFrom(source);
  let bytes = 0;
  let unpaid = 0;
  let over = false;
  let stuck: ReturnType<typeof setTimeout> | undefined;
  let controller!: ReadableStreamDefaultController<Uint8Array>;

  const end = (complete: boolean, why: unknown): void => {
    if (over) return;
    over = true;
    pace.stop();
    clearTimeout(stuck);
    signal.removeEventListener("abort", onAbort);
    onEnd(bytes, complete, why);
  };
  const leave = (reason: unknown): void => {
    if (over) return;
    controller.error(reason);
    end(false, reason);
    // The stream has told its reader already; the source has nobody left to tell.
    cancel(reason).catch(() => {});
  };
  const onAbort = (): void => leave(signal.reason);
  const pace = new Pace(options, (why) => leave(new S3Error("SlowReader", TOLD[why])));

  return new ReadableStream<Uint8Array>(
    {
      start(own) {
        controller = own;
        if (signal.aborted) return onAbort();
        signal.addEventListener("abort", onAbort);
        pace.begin();
      },
      async pull() {
        pace.end(unpaid);
        stuck = setTimeout(
          () => leave(new S3Error("SlowStore", "The store delivered no byte in time.")),
          storeTimeout,
        );
        try {
          const chunk = await next();
          clearTimeout(stuck);
          if (over) return;
          bytes += chunk?.length ?? 0;
          if (length !== undefined && (chunk === undefined ? bytes < length : bytes > length)) {
            throw new S3Error(
              "InternalError",
              `the store delivered ${bytes} bytes in the place of ${length}`,
            );
          }
          if (chunk === undefined) {
            controller.close();
            end(true, undefined);
          } else {
            unpaid = chunk.length;
            controller.enqueue(chunk);
            pace.begin();
          }
        } catch (cause) {
          leave(cause);
        }
      },
      async cancel(reason) {
        end(false, reason);
        await cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** A body without the stream around it, where it has come from a store without one. */
function chunksFrom(source: ReadableStream<Uint8Array>) {
  const direct = directChunksOf(source);
  if (direct !== undefined) {
    return { next: () => direct.next(), cancel: async (reason: unknown) => direct.cancel(reason) };
  }
  const reader = source.getReader();
  return {
    next: async () => (await reader.read()).value,
    cancel: (reason: unknown) => reader.cancel(reason),
  };
}

const TOLD = {
  idle: "The client took no byte in time.",
  slow: "The client took less than the least number of bytes a second.",
};

/** Bytes that are there already, as a stream. */
export function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      pull(controller) {
        if (bytes.length > 0) controller.enqueue(bytes);
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * A body in the form that has its length on the wire. On Workers the header alone does not do it: what has no length of its
 * own goes out in chunks, and an S3 client wants to know what it gets.
 */
export function sized(
  body: ReadableStream<Uint8Array>,
  length: number | undefined,
): ReadableStream<Uint8Array> {
  const { FixedLengthStream } = globalThis as {
    FixedLengthStream?: new (length: number) => TransformStream<Uint8Array, Uint8Array>;
  };
  if (FixedLengthStream === undefined || length === undefined) return body;
  const { readable, writable } = new FixedLengthStream(length);
  // Whoever reads hears of a failure by the stream itself.
  body.pipeTo(writable).catch(() => {});
  return readable;
}
