import type { UploadBody } from "../source.js";
import type { BodyDataTypes } from "./options.js";

/** A body as `upload` takes it. What lib-storage takes besides is made into that. */
export function bodyOf(body: BodyDataTypes | undefined): UploadBody {
  if (typeof body === "string" || body instanceof String) return String(body);
  if (typeof body !== "object" || body === null || isOtherView(body)) throw unsupported();
  const it = body as Partial<Blob & ReadableStream<Uint8Array> & NodeReadable>;
  if (typeof it.destroy === "function" && typeof it.on === "function") return unread(it as NodeReadable);
  if (typeof it.stream === "function") return typeof it.size === "number" ? (it as Blob) : it.stream();
  if (typeof it.getReader === "function") return rest(it as ReadableStream<Uint8Array>);
  if (Symbol.asyncIterator in it || Symbol.iterator in it) return it as UploadBody;
  throw unsupported();
}

// Its text is what the callers of lib-storage match on.
const unsupported = () =>
  new Error(
    "Body Data is unsupported format, expected data to be one of: string | Uint8Array | Buffer | Readable | ReadableStream | Blob;.",
  );

const isOtherView = (body: object) =>
  ArrayBuffer.isView(body) && Object.prototype.toString.call(body) !== "[object Uint8Array]";

/** A stream that fails while nobody reads it yet would end the process. What it failed with comes out of the read. */
export function hearErrors(body: unknown): void {
  if (typeof body !== "object" || body === null) return;
  const { on, destroy } = body as Partial<NodeReadable>;
  if (typeof on === "function" && typeof destroy === "function") on.call(body, "error", () => undefined);
}

interface NodeReadable extends AsyncIterable<Uint8Array | string> {
  readonly destroyed?: boolean;
  readonly errored?: unknown;
  readonly readableEnded?: boolean;
  readonly readableDidRead?: boolean;
  destroy(error?: Error): unknown;
  on(event: "error", listener: () => void): unknown;
  pipe(): unknown;
}

// Who has looked at the first bytes and put them back has read from the stream, but has not used it up. `upload`
// cannot know that, and refuses it; a caller of lib-storage may do so. A stream that is over stays refused.
function unread(body: NodeReadable): UploadBody {
  if (body.errored) throw body.errored;
  if (body.destroyed || body.readableEnded || !body.readableDidRead) return body;
  return {
    destroy: (error?: Error) => body.destroy(error),
    on: (event: "error", listener: () => void) => body.on(event, listener),
    pipe: () => body.pipe(),
    [Symbol.asyncIterator]: () => body[Symbol.asyncIterator](),
  } as UploadBody;
}

// The same for a web stream, which cannot be asked whether it is over before it is read.
function rest(body: ReadableStream<Uint8Array>): UploadBody {
  if (body.locked || !isDisturbed(body)) return body;
  const reader = body.getReader();
  let any = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (!done) {
          any = true;
          return controller.enqueue(value);
        }
        if (!any)
          throw new TypeError(
            "the body must have something left to read, got a ReadableStream that was read",
          );
        controller.close();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function isDisturbed(stream: ReadableStream<Uint8Array>): boolean {
  try {
    return new Response(stream).bodyUsed;
  } catch {
    return true;
  }
}
