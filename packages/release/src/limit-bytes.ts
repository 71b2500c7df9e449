import { contentLength } from "./content-length.js";
import { type Ending, isAsyncIterable, isNodeReadable, isResponse, isWebStream } from "./ending.js";
import { InvalidValueError, LockedError, NotAStreamError } from "./errors.js";
import { TooLargeError } from "./limit-errors.js";
import { limitIterable } from "./limit-iterable.js";
import { limitNodeReadable } from "./limit-node-readable.js";
import { limitWebStream } from "./limit-web-stream.js";
import { Meter } from "./meter.js";
import { Releasing } from "./response.js";

/** What is known of a stream before it is read. */
export interface LimitOptions {
  /**
   * Bytes that the stream is said to have. Left out, the `Content-Length` of a `Response` or of Node's
   * `IncomingMessage` is used, if there is one.
   */
  declared?: number | undefined;
}

/**
 * Lets at most `maxBytes` bytes through. One byte too many ends the stream with `ERR_TOO_LARGE`, a
 * {@link TooLargeError} with the `status` 413, and cancels the source with it. Chunks before that are delivered, the
 * one that crosses the limit is not. Nothing is read ahead, and nothing is copied. Strings count as UTF-8.
 *
 * Read the stream that it returns: one of the same kind. For a Node stream that is a plain `Readable`; what its class
 * has beside, such as `headers`, stays with the source. Cancelling a request of a Node server closes its connection:
 * to answer it with 413, use one of the middlewares.
 *
 * Throws `ERR_TOO_LARGE` if more is declared, with nothing read and the source cancelled; `ERR_INVALID_VALUE` for what
 * is no count of bytes; `ERR_NOT_A_STREAM`; and `ERR_LOCKED` for what somebody else reads. A chunk that is
 * neither bytes nor a string ends the stream with `ERR_NOT_BYTES`.
 *
 * @example
 * ```ts
 * const page = await limitBytes(await fetch(url), 1_000_000).text();
 * ```
 */
export function limitBytes<S extends Ending>(stream: S, maxBytes: number, options?: LimitOptions): S;
export function limitBytes(stream: unknown, maxBytes: number, { declared }: LimitOptions = {}): Ending {
  checkBytes("maxBytes", maxBytes);
  if (declared !== undefined) checkBytes("declared", declared);
  if (typeof stream !== "object" || stream === null) throw new NotAStreamError(stream);
  const meter = (): Meter => new Meter(maxBytes);
  const limited = wrap(stream, meter);
  const length = declared ?? lengthOf(stream);
  if (length === undefined || length <= maxBytes) return limited;
  const error = new TooLargeError(maxBytes, { declared: length });
  cancel(limited, error);
  throw error;
}

function wrap(stream: object, meter: () => Meter): Ending {
  if (isResponse(stream)) {
    if (stream.body === null) return stream;
    if (stream.bodyUsed) throw new LockedError(stream);
    return new Releasing(stream, limitWebStream(stream.body, meter()));
  }
  if (isWebStream(stream)) return limitWebStream(stream, meter());
  if (isNodeReadable(stream)) return limitNodeReadable(stream, meter());
  if (isAsyncIterable(stream)) return limitIterable(stream, meter);
  throw new NotAStreamError(stream);
}

function lengthOf(stream: object): number | undefined {
  // An answer to HEAD declares a length as well, and has no body.
  if (isResponse(stream)) return stream.body === null ? undefined : contentLength(stream.headers.get(NAME));
  if (!isNodeReadable(stream)) return undefined;
  return contentLength((stream as { headers?: Partial<Record<string, string>> | null }).headers?.[NAME]);
}

const NAME = "content-length";

/** Cancels what was wrapped, and through it the source. Nobody has it, so nobody else could, or hears of it. */
function cancel(stream: Ending, error: TooLargeError): void {
  if (isResponse(stream)) stream.body?.cancel(error).catch(() => {});
  else if (isWebStream(stream)) stream.cancel(error).catch(() => {});
  else if (isNodeReadable(stream)) {
    stream.once("error", () => {});
    stream.destroy(error);
  }
  // An iterable that nobody has begun to iterate has nothing to cancel.
  else if ("return" in stream) (stream as AsyncGenerator).return(undefined).catch(() => {});
}

function checkBytes(what: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidValueError(what, value, "a whole number of bytes");
}
