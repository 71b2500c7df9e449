import type { Writable } from "node:stream";
import { ReaderGoneError } from "./failure.js";

/**
 * Writes a chunk and waits until it has left the process's own buffers, so that nothing piles up in front of a
 * slow reader.
 *
 * - **Order:** one at a time, by whoever calls.
 * - **Abort:** rejects with `signal.reason`, even while the reader stalls.
 * - **Errors:** `ERR_READER_GONE` if the other end of a pipe was closed; else the stream's own.
 */
export function writeAll(stream: Writable, chunk: Uint8Array | string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    stream.write(chunk, (error) => {
      signal.removeEventListener("abort", stop);
      if (!error) resolve();
      else reject(isReaderGone(error) ? new ReaderGoneError() : error);
    });
  });
}

const isReaderGone = (error: Error & { code?: string }) =>
  error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED" || error.code === "ECONNRESET";
