import { Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";

/**
 * A download, or its body, as a stream of Node. It takes a chunk when one is read and keeps none; destroying it cancels
 * the body, which gives everything back, and the body's failure destroys it with that very error.
 *
 * @example
 * ```ts
 * await pipeline(toReadable(await download(store, { bucket: "b", key: "k" })), response);
 * ```
 */
export function toReadable(
  from: ReadableStream<Uint8Array> | { readonly body: ReadableStream<Uint8Array> },
): Readable {
  const body = "body" in from ? from.body : from;
  // By default it reads ahead, beyond what the download's budget has paid for.
  return Readable.fromWeb(body as NodeReadableStream<Uint8Array>, { highWaterMark: 0 });
}
