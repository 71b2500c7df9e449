import type { ByteRange } from "@sluice/object-store";
import { type Asking, Failure } from "./reference-fetch.js";
import { type Bounds, Downloading } from "./reference-window.js";
import type { Sin } from "./sins.js";
import type { DownloadLike } from "./subject.js";

/** Downloads in the most obvious form, with a look at the object first; with a sin, in one of its wrong ones. */
export const sinfulDownload =
  (sin?: Sin): DownloadLike =>
  async (store, source, options) => {
    const { signal, range, idleTimeout, retry, integrity } = options;
    const abort = new AbortController();
    const { size, etag, checksum } = await store.head(source, { signal });
    signal.throwIfAborted();
    const asking: Asking = {
      ...{ store, source, size, etag, idleTimeout, attempts: retry.attempts, sin },
      signal: abort.signal,
    };
    const expected = integrity === "require" && range === undefined ? checksum?.value : undefined;
    const downloading = new Downloading(asking, abort, options, boundsOf(range, size, sin), expected);
    return { ...downloading.result(), size, etag };
  };

/** The first byte, and the last. */
function boundsOf({ start = 0, end }: Partial<ByteRange> = {}, size: number, sin: Sin | undefined): Bounds {
  if (start > 0 && start >= size) throw new Failure(`there is no byte ${start}`);
  const last = end === undefined || (end >= size && sin !== "takesTheEndAtItsWord") ? size - 1 : end;
  if (size === 0 && (sin === "waitsForAByte" || sin === "asksForNoByte")) return { start, last: 0 };
  return { start, last: sin === "endIsExcluded" && last < size - 1 ? last - 1 : last };
}
