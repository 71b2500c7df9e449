import { StoreError } from "@sluice/object-store";
import type { Outgoing } from "./outgoing.js";
import type { WireRequest } from "./wire.js";

//  S3 refuses a body without a Content-Length, and a bare stream makes fetch send just that. What can be done about it
//  differs:
//
//  Workers    a FixedLengthStream has its length
//  Node, Bun  a Content-Length that is set by hand is sent, and heeded
//  others     only bytes that are there have a length: a stream is read to its end first, if it is small

/** What goes into the options of `fetch`. */
export interface FetchBody {
  readonly init?: RequestInit;
  /** Settles when the body has been handed over, where that is a work of its own. */
  readonly done?: Promise<unknown>;
}

// Bytes of a stream that are put together where a stream cannot be sent with its length.
const MOST_COLLECTED = 8 * 2 ** 20;

// One write of a whole 8 MiB part makes Node copy it into native memory at once. A slice passes through a dozen promises
// of web streams: in slices of 64 KiB, as over node:http, a GiB took about a quarter more processor time.
const SLICE = 512 * 1024;
// Bytes up to which a body goes as a whole, which costs less than a stream.
const SMALL = 64 * 1024;

/** A body in the form in which this runtime's fetch sends it with its length. */
export async function fetchBody({ body, headers, signal }: WireRequest): Promise<FetchBody> {
  if (body === undefined) return {};
  const kind = runtime();
  if (body.length === 0) {
    // A stream that is said to be empty has to end before anything is published.
    await body.next();
    body.exhausted = true;
    return { init: { body: new Uint8Array() } };
  }
  if (body.pieces !== undefined && (kind !== "node" || body.length <= SMALL))
    return { init: { body: whole(body, body.pieces) } };
  if (kind === "workers") return fixedLength(body, signal);
  if (kind !== "other") {
    headers.set("content-length", String(body.length));
    return { init: { body: streamed(body, signal), ...STREAM_INIT } as RequestInit };
  }
  if (body.length > MOST_COLLECTED) {
    throw new StoreError(
      "NotImplemented",
      `here fetch sends a stream without its length, which S3 refuses: give bytes, or ${MOST_COLLECTED} at most`,
    );
  }
  const pieces: Uint8Array[] = [];
  for (let chunk = await body.next(); chunk; chunk = await body.next()) pieces.push(chunk);
  return { init: { body: whole(body, pieces) } };
}

// With both `redirect` and `window` like this, Node keeps no second copy of the body for a redirect.
const STREAM_INIT = { duplex: "half", redirect: "error", window: null };

function whole(body: Outgoing, pieces: readonly Uint8Array[]): BodyInit {
  body.exhausted = true;
  return (pieces.length === 1 ? pieces[0] : new Blob([...pieces] as BlobPart[])) as BodyInit;
}

/** The bytes in slices, read as they are taken. */
function streamed(body: Outgoing, signal: AbortSignal): ReadableStream<Uint8Array> {
  const pieces = body.pieces?.values();
  let chunk = new Uint8Array();
  let left = body.length;
  return new ReadableStream(
    {
      async pull(controller) {
        // Node's fetch reads on after an abort, to the end, and throws it away.
        signal.throwIfAborted();
        while (chunk.byteLength === 0) {
          chunk = (pieces ? pieces.next().value : await body.next()) as Uint8Array<ArrayBuffer>;
        }
        const slice = chunk.subarray(0, SLICE);
        chunk = chunk.subarray(SLICE);
        left -= slice.byteLength;
        // Said before the last bytes go, since the answer may come before anybody asks for more.
        body.exhausted = left === 0;
        controller.enqueue(slice);
        body.sent(body.length - left);
        if (left === 0) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

function fixedLength(body: Outgoing, signal: AbortSignal): FetchBody {
  const { FixedLengthStream } = globalThis as unknown as {
    FixedLengthStream: new (length: number) => TransformStream<Uint8Array, Uint8Array>;
  };
  const { readable, writable } = new FixedLengthStream(body.length);
  return { init: { body: readable }, done: streamed(body, signal).pipeTo(writable) };
}

/** Whose fetch this is. */
export function runtime(): "workers" | "node" | "bun" | "other" {
  const known = globalThis as { process?: { versions?: { node?: string } } };
  if ("FixedLengthStream" in globalThis) return "workers";
  if ("Deno" in globalThis || known.process?.versions?.node === undefined) return "other";
  return "Bun" in globalThis ? "bun" : "node";
}
