import {
  InvalidValueError,
  type ObjectInfo,
  type ObjectSource,
  type ObjectStore,
} from "@sluice/object-store";
import { parseBytes } from "@sluice/semaphore";
import { download } from "./download.js";
import { TooLargeError } from "./errors.js";
import type { DownloadOptions } from "./options.js";

export interface ToBufferOptions extends DownloadOptions {
  /**
   * How many bytes may be read at the most, or a text such as `"16MiB"`; 64 MiB if left out. The buffer is not paid by the
   * budget: it is the caller's, and lives as long as he keeps it.
   */
  readonly limit?: number | string | undefined;
}

/** An object, or a range of it, in memory. */
export interface DownloadedBytes extends ObjectInfo {
  /** Which bytes of the object these are; `end` is included, and below `start` for an empty object. */
  readonly range: { readonly start: number; readonly end: number };
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const LIMIT = 64 * 2 ** 20;

/**
 * Reads an object into one buffer, as `download` reads it.
 *
 * - **Order:** as `download`.
 * - **Abort:** rejects with `signal.reason`; every request is stopped, every byte given back.
 * - **Errors:** those of `download` and of its body; `ERR_TOO_LARGE` before the first byte is read.
 *
 * @example
 * ```ts
 * const { bytes } = await downloadToBuffer(store, { bucket: "films", key: "1.srt" }, { limit: "1MiB" });
 * ```
 */
export async function downloadToBuffer(
  store: ObjectStore,
  source: ObjectSource,
  { limit = LIMIT, ...options }: ToBufferOptions = {},
): Promise<DownloadedBytes> {
  const most = typeof limit === "string" ? parseBytes(limit) : limit;
  if (!Number.isSafeInteger(most) || most < 0) {
    throw new InvalidValueError("limit", most, 'a number of bytes, or a text such as "16MiB"');
  }
  const { body, ...rest } = await download(store, source, options);
  const size = rest.range.end - rest.range.start + 1;
  const reader = body.getReader();
  try {
    if (size > most) throw new TooLargeError(size, most);
    const bytes = new Uint8Array(size);
    let at = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { ...rest, bytes };
      bytes.set(value, at);
      at += value.byteLength;
    }
  } catch (error) {
    reader.cancel(error).catch(() => {});
    throw error;
  }
}
