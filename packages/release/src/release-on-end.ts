import { type Ending, isAsyncIterable, isNodeReadable, isResponse, isWebStream } from "./ending.js";
import { NotAStreamError } from "./errors.js";
import { Hold } from "./hold.js";
import { releaseOnIterableEnd } from "./iterable.js";
import { releaseOnReadableEnd } from "./node-readable.js";
import type { ReleaseOptions } from "./options.js";
import { releaseOnResponseEnd } from "./response.js";
import { releaseOnWebStreamEnd } from "./web-stream.js";

//  flowing ──last chunk delivered──▶ ended ─────┐
//     ├──────error─────────────────▶ failed ────┼──▶ released, once
//     ├──────cancel, destroy, break─▶ left ─────┤
//     └──────a time budget is spent─▶ lost ─────┘

/**
 * Calls `release` once, when the stream has ended, failed or been left, and never before its last chunk was
 * delivered. Read the stream that it returns: the same kind, the same chunks, the same errors, nothing read
 * ahead. Cancelling it cancels the source with the same reason.
 *
 * A Node stream is returned itself, only listened to; a Duplex has ended when both its sides have. The others are
 * wrapped, so the one passed in is locked. What has ended, failed or been destroyed already is released
 * at once; what is wrapped twice is released by both.
 *
 * It sees who takes the chunks, and not what becomes of them: when the consumer is a pipe into a sink, an `idleTimeout`
 * that is spent, as the end, gives the permit back while the sink still holds a chunk. If the sink is a response of a Node
 * server, use `releaseOnResponse` of `@sluice/release/node`, which waits for the last byte.
 *
 * What `release` throws, or rejects with, ends as an uncaught error, and changes nothing for who reads.
 *
 * Throws `ERR_NOT_A_STREAM`, `ERR_LOCKED` for what somebody else reads, and `ERR_INVALID_VALUE` for options; then
 * nothing is released.
 *
 * @example
 * ```ts
 * const permit = await budget.acquire(size);
 * return releaseOnEnd(await fetch(url), () => permit.release(), { idleTimeout: 30_000 });
 * ```
 */
export function releaseOnEnd<S extends Ending>(stream: S, release: () => void, options?: ReleaseOptions): S {
  return wrap(stream, new Hold(release, options)) as S;
}

function wrap(stream: unknown, hold: Hold): Ending {
  if (typeof stream !== "object" || stream === null) throw new NotAStreamError(stream);
  if (isResponse(stream)) return releaseOnResponseEnd(stream, hold);
  if (isWebStream(stream)) return releaseOnWebStreamEnd(stream, hold);
  if (isNodeReadable(stream)) return releaseOnReadableEnd(stream, hold);
  if (isAsyncIterable(stream)) return releaseOnIterableEnd(stream, hold);
  throw new NotAStreamError(stream);
}
