/** A body, chunk by chunk, without a stream around it. */
export interface Chunks {
  /**
   * The next chunk: never empty, the reader's own, and with nothing else in its buffer. Undefined at the end.
   *
   * - **Order:** the body's; one call at a time.
   * - **Abort:** by the signal of the request that the body answers.
   * - **Errors:** the store's.
   */
  next(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Ends it, at any time: a call of `next` that waits is told of the end, or rejects. */
  cancel(reason: unknown): void;
}

// By a name, so that two copies of this package know each other's.
const CHUNKS = Symbol.for("@sluice/object-store.chunks");

/**
 * A byte stream that reads nothing before it is asked. Whoever knows `chunksOf` reads the chunks without it: in Node a
 * stream costs as much for each chunk as all that is around it.
 */
export function streamOf(chunks: Chunks): ReadableStream<Uint8Array<ArrayBuffer>> {
  const stream = new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const chunk = await chunks.next();
      if (chunk !== undefined) return controller.enqueue(chunk);
      controller.close();
      // A reader that waits with its own buffer is told of the end by this, and by nothing else.
      controller.byobRequest?.respond(0);
    },
    cancel: (reason) => chunks.cancel(reason),
  });
  return Object.defineProperty(stream, CHUNKS, { value: chunks });
}

/** What `streamOf` was given for a body that nobody has read from, which is locked from then on; of another, nothing. */
export function directChunksOf(body: ReadableStream<Uint8Array>): Chunks | undefined {
  const direct = (body as { [CHUNKS]?: Chunks })[CHUNKS];
  if (direct !== undefined) body.getReader();
  return direct;
}

/** The chunks of a body that nobody has read from. It is locked from then on. */
export function chunksOf(body: ReadableStream<Uint8Array>): Chunks {
  const direct = directChunksOf(body);
  if (direct !== undefined) return direct;
  // A byte stream has taken its chunks away from whoever made them. Of another's chunk, the store may still have need.
  const ours = isByteStream(body);
  const reader = body.getReader();
  return {
    async next() {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return undefined;
        if (value.byteLength > 0) return ours ? alone(value) : new Uint8Array(value);
      }
    },
    cancel: (reason) => void reader.cancel(reason).catch(() => {}),
  };
}

function isByteStream(body: ReadableStream<Uint8Array>): boolean {
  try {
    body.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

/**
 * A chunk with nothing else in its buffer: a byte stream takes the whole buffer away from its owner. What Node's HTTP
 * parser makes is alone there; what is not is copied.
 */
export function alone(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = chunk;
  const whole = byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
  return whole ? new Uint8Array(buffer) : new Uint8Array(chunk);
}
