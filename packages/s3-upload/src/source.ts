import { type ItemSource, type OpenSource, openSource } from "@sluice/read-slots";
import { UnsupportedBodyError } from "./errors.js";
import { canFlow, openFlowing } from "./flowing.js";
import type { RandomAccessBody } from "./section-reader.js";
import { slices, Utf8 } from "./utf8.js";

/** Whatever bytes come from. Node's Readables are async iterables. Strings are sent as UTF-8. */
export type UploadBody =
  | Uint8Array
  | string
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>
  | RandomAccessBody;

/** A body that has been opened, to be read once from its begin to its end. */
export interface Source {
  /** Bytes of the whole, if the body knows. */
  readonly length: number | undefined;
  /** Whether somebody waits for its next chunk. */
  readonly waits: boolean;
  /** The next chunk, or undefined at the end. To be called one at a time. */
  next(): Promise<Uint8Array | undefined>;
  /** Stops the source, even while `next` is pending, which then may never settle. Waits for nothing. */
  cancel(reason: unknown): void;
}

/** Opens any body. Throws `ERR_UNSUPPORTED_BODY` for what is none, or has been read already. */
export function openBody(body: Exclude<UploadBody, RandomAccessBody>): Source {
  if (typeof body === "string") return read(slices(body));
  if (isBytes(body)) return read([body], body.byteLength);
  if (typeof body !== "object" || body === null) throw unsupported("body", kindOf(body));
  if (isBlob(body)) return read(body.stream(), body.size);
  if (isWebStream(body)) {
    if (isLockedOrDisturbed(body)) {
      throw unsupported("body", "a ReadableStream that is locked or read already");
    }
    return read(body);
  }
  if (isNodeReadable(body)) {
    if (body.destroyed || body.readableDidRead) {
      throw unsupported("body", "a Readable that is destroyed or read already");
    }
    // To destroy a stream with an error makes it emit that error, and without a listener this ends the
    // process. Its errors come out of `next` anyway.
    body.on("error", () => undefined);
    return canFlow(body) ? readOpen(openFlowing(body)) : read(body);
  }
  if (Symbol.asyncIterator in body || Symbol.iterator in body) return read(body);
  throw unsupported("body", kindOf(body));
}

const read = (items: ItemSource<unknown>, length?: number): Source => readOpen(openSource(items), length);

function readOpen(source: OpenSource<unknown>, length?: number): Source {
  const utf8 = new Utf8();
  // An iterator that has ended or thrown must not be asked to return.
  let over = false;
  let asked = false;
  return {
    length,
    get waits() {
      return asked && !over;
    },
    async next() {
      if (over) return undefined;
      let step: IteratorResult<unknown, unknown>;
      asked = true;
      try {
        step = await source.next();
      } catch (cause) {
        over = true;
        throw cause;
      }
      asked = false;
      const { done, value } = step;
      if (done) {
        over = true;
        return utf8.encode(undefined);
      }
      if (typeof value === "string" || isBytes(value)) return utf8.encode(value);
      throw unsupported("chunk", kindOf(value));
    },
    cancel(reason) {
      if (over) return;
      over = true;
      source.cancel(reason);
    },
  };
}

const EXPECTED = {
  body: "a Uint8Array, a string, a Blob, an unread ReadableStream or Readable, or an iterable of Uint8Arrays or strings",
  chunk: "a Uint8Array or a string",
};

const unsupported = (what: "body" | "chunk", got: string) =>
  new UnsupportedBodyError(what, got, EXPECTED[what]);

function kindOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

// By the tag, not the class: the bytes of another realm, such as a vm context or an iframe, are bytes too.
const isBytes = (value: unknown): value is Uint8Array =>
  value instanceof Uint8Array || kindOf(value) === "Uint8Array";

const isBlob = (body: object): body is Blob =>
  "stream" in body && typeof body.stream === "function" && "size" in body && typeof body.size === "number";

const isWebStream = (body: object): body is ReadableStream<unknown> =>
  "getReader" in body && typeof body.getReader === "function";

// Streams do not tell whether they were read before; a Response refuses those that were, and reads nothing.
function isLockedOrDisturbed(stream: ReadableStream<unknown>): boolean {
  try {
    return stream.locked || new Response(stream).bodyUsed;
  } catch {
    return true;
  }
}

interface NodeReadable extends AsyncIterable<unknown> {
  readonly destroyed?: boolean;
  readonly readableDidRead?: boolean;
  destroy(error?: Error): unknown;
  on(event: "error", listener: (error: unknown) => void): unknown;
}

const isNodeReadable = (body: object): body is NodeReadable =>
  "destroy" in body &&
  typeof body.destroy === "function" &&
  "on" in body &&
  typeof body.on === "function" &&
  Symbol.asyncIterator in body;
