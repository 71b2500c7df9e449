import { type Ending, isAsyncIterable, isNodeReadable, isResponse, isWebStream } from "./ending.js";
import { NotAStreamError } from "./errors.js";
import { releaseOnIterableEnd } from "./iterable.js";
import { releaseOnReadableEnd } from "./node-readable.js";
import { releaseOnce } from "./release-once.js";
import { releaseOnResponseEnd } from "./response.js";
import { releaseOnWebStreamEnd } from "./web-stream.js";

//  flowing ──last chunk delivered──▶ ended ─────┐
//     ├──────error─────────────────▶ failed ────┼──▶ released, once
//     └──────cancel, destroy, break─▶ left ─────┘

/**
 * Calls `release` once, when the stream has ended, failed or been left, and never before its last chunk was
 * delivered. Read the stream that it returns: the same kind, the same chunks, the same errors, nothing read
 * ahead. Cancelling it cancels the source with the same reason.
 *
 * A Node stream is returned itself, only listened to. The others are wrapped, so the one passed in is locked.
 *
 * Throws `ERR_NOT_A_STREAM` for what is no stream, and a TypeError for a locked one; then nothing is released.
 *
 * @example
 * ```ts
 * const permit = await budget.acquire(size);
 * return releaseOnEnd(await fetch(url), () => permit.release());
 * ```
 */
export function releaseOnEnd<S extends Ending>(stream: S, release: () => void): S {
  return wrap(stream, releaseOnce(release)) as S;
}

function wrap(stream: unknown, release: () => void): Ending {
  if (typeof stream !== "object" || stream === null) throw new NotAStreamError(stream);
  if (isResponse(stream)) return releaseOnResponseEnd(stream, release);
  if (isWebStream(stream)) return releaseOnWebStreamEnd(stream, release);
  if (isNodeReadable(stream)) return releaseOnReadableEnd(stream, release);
  if (isAsyncIterable(stream)) return releaseOnIterableEnd(stream, release);
  throw new NotAStreamError(stream);
}
