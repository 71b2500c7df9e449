/** So many bytes that look like chance, and are the same for the same seed everywhere. */
export function noise(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed;
  for (let at = 0; at < words.length; at++) {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/**
 * The bytes as a web stream, in chunks of no round size. With `then`, it does not end: it calls it when everything has
 * been taken and more is wanted, and stalls.
 */
export function streamOf(bytes: Uint8Array, then?: () => void): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream(
    {
      pull(controller) {
        const chunk = bytes.slice(at, at + 60_001);
        at += chunk.byteLength;
        if (chunk.byteLength > 0) controller.enqueue(chunk);
        else if (then === undefined) controller.close();
        else return new Promise(() => then());
        return undefined;
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * The SHA-256 of all that a stream has, in hex, by the runtime's own code.
 *
 * - **Order:** the stream's.
 * - **Abort:** cannot be; the stream can fail.
 * - **Errors:** those of the stream, untouched.
 */
export async function sha256(from: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = from instanceof Uint8Array ? from : await collect(from);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// By hand: of a stream that fails, a Response in Chromium tells nothing but that it has failed.
async function collect(stream: ReadableStream<Uint8Array>): Promise<ArrayBuffer> {
  const chunks: BlobPart[] = [];
  const reader = stream.getReader();
  for (let step = await reader.read(); !step.done; step = await reader.read())
    chunks.push(step.value as BlobPart);
  return new Blob(chunks).arrayBuffer();
}
