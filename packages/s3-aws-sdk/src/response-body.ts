import { readableChunks, type StoreError, streamOf } from "@sluice/object-store";
import { isNodeReadable } from "./node-stream.js";

/** How a body that is being read can end early. */
export interface BodyOptions {
  readonly signal: AbortSignal | undefined;
  /** Turns what the connection failed with into what the reader sees. */
  readonly failure: (error: unknown) => StoreError;
}

/**
 * The body of an answer as a byte stream that reads nothing before it is asked, and lets go of the connection
 * when it is cancelled or aborted.
 */
export function incoming(body: unknown, options: BodyOptions): ReadableStream<Uint8Array> {
  if (isNodeReadable(body)) return streamOf(readableChunks(body, options));
  if (body instanceof ReadableStream) return fromWeb(body, options);
  // A store may answer with nothing, or with a Blob where fetch has no body stream.
  if (body === undefined || body === null || body instanceof Blob) {
    return fromWeb((body ?? new Blob([])).stream(), options);
  }
  throw new TypeError(`the SDK's request handler gave a body of an unknown kind: ${typeof body}`);
}

/** Ends a body that nobody is going to read, so that its connection is not kept. */
export function discard(body: unknown): void {
  if (isNodeReadable(body)) {
    body.on("error", () => {});
    body.destroy();
  } else if (body instanceof ReadableStream && !body.locked) {
    body.cancel().catch(() => {});
  }
}

function fromWeb(
  source: ReadableStream<Uint8Array>,
  { signal, failure }: BodyOptions,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let stopListening = () => {};
  return new ReadableStream({
    type: "bytes",
    start(controller) {
      stopListening = onAbort(signal, (reason) => {
        controller.error(reason);
        reader.cancel(reason).catch(() => {});
      });
    },
    async pull(controller) {
      try {
        // A byte stream must not be given an empty chunk.
        let step = await reader.read();
        while (!step.done && step.value.byteLength === 0) step = await reader.read();
        if (signal?.aborted) return;
        if (!step.done) return controller.enqueue(owned(step.value));
        stopListening();
        controller.close();
        controller.byobRequest?.respond(0);
      } catch (error) {
        stopListening();
        throw signal?.aborted ? signal.reason : failure(error);
      }
    },
    cancel(reason) {
      stopListening();
      return reader.cancel(reason);
    },
  });
}

// A byte stream takes the whole buffer behind a chunk away from its owner. A chunk that covers its buffer is
// alone there (Node's HTTP parser makes such); any other may have neighbours, and is copied.
function owned(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const alone = chunk.byteLength === chunk.buffer.byteLength && chunk.buffer instanceof ArrayBuffer;
  return alone ? (chunk as Uint8Array<ArrayBuffer>) : new Uint8Array(chunk);
}

function onAbort(signal: AbortSignal | undefined, stop: (reason: unknown) => void): () => void {
  if (signal === undefined) return () => {};
  const listener = () => stop(signal.reason);
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}
