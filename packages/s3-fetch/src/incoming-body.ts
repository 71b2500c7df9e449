import { StoreError } from "@sluice/object-store";
import type { Reading } from "./wire.js";

/**
 * A web stream as a byte stream that reads nothing before it is asked, has the length that was announced, and cancels
 * its source when it is cancelled or aborted.
 */
export function incoming(
  source: ReadableStream<Uint8Array>,
  length: number | undefined,
  { signal, failure }: Reading,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let left = length ?? Number.POSITIVE_INFINITY;
  let stopListening = () => {};
  return new ReadableStream({
    type: "bytes",
    start(controller) {
      const listener = () => {
        controller.error(signal?.reason);
        reader.cancel(signal?.reason).catch(() => {});
      };
      signal?.addEventListener("abort", listener, { once: true });
      stopListening = () => signal?.removeEventListener("abort", listener);
      if (signal?.aborted) listener();
    },
    async pull(controller) {
      try {
        // A byte stream must not be given an empty chunk.
        let step = await reader.read();
        while (!step.done && step.value.byteLength === 0) step = await reader.read();
        if (signal?.aborted) return;
        left -= step.value?.byteLength ?? 0;
        if (left < 0 || (step.done && length !== undefined && left > 0)) throw wrongLength(left);
        if (!step.done) return controller.enqueue(owned(step.value));
        stopListening();
        controller.close();
        // A reader that waits with its own buffer is told of the end by this, and by nothing else.
        controller.byobRequest?.respond(0);
      } catch (error) {
        stopListening();
        reader.cancel(error).catch(() => {});
        throw signal?.aborted ? signal.reason : failure(error);
      }
    },
    cancel(reason) {
      stopListening();
      return reader.cancel(reason);
    },
  });
}

// Some runtimes take a connection that is closed too early for the end of the body.
const wrongLength = (left: number) =>
  new StoreError(
    "NetworkError",
    left < 0 ? "the body is longer than announced" : `the body ended ${left} bytes early`,
  );

// A byte stream takes the whole buffer behind a chunk away from its owner. A chunk that covers its buffer is
// alone there; any other may have neighbours, and is copied.
function owned(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const alone = chunk.byteLength === chunk.buffer.byteLength && chunk.buffer instanceof ArrayBuffer;
  return alone ? (chunk as Uint8Array<ArrayBuffer>) : new Uint8Array(chunk);
}
