import { StoreError } from "../errors.js";
import type { StoreBody } from "../object.js";

/** The body with one bit changed. The caller's own bytes stay as they are. */
export function flipped(body: StoreBody, at: number): StoreBody {
  if ("stream" in body) return { ...body, stream: flippedStream(body.stream, at) };
  const flip = flipper(at);
  return (body instanceof Uint8Array ? [body] : body).map(flip);
}

export function flippedStream(stream: ReadableStream<Uint8Array>, at: number): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  const flip = flipper(at);
  return new ReadableStream(
    {
      async pull(controller) {
        const step = await reader.read();
        if (step.done) controller.close();
        else controller.enqueue(flip(step.value));
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function flipper(at: number): (piece: Uint8Array) => Uint8Array {
  let before = 0;
  return (piece) => {
    const copy = piece.slice();
    const index = at - before;
    before += piece.length;
    if (index >= 0 && index < copy.length) copy[index]! ^= 1;
    return copy;
  };
}

/** The stream up to so many bytes; then its source is cancelled, as a broken connection would be. */
export function truncated(
  stream: ReadableStream<Uint8Array>,
  after: number,
  ending: "error" | "end",
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  let left = after;
  return new ReadableStream(
    {
      async pull(controller) {
        const step = left > 0 ? await reader.read() : undefined;
        if (step?.done) return controller.close();
        if (step !== undefined) {
          const bytes = step.value.subarray(0, left);
          left -= bytes.length;
          return controller.enqueue(bytes);
        }
        const error = new StoreError("NetworkError", `the body broke off after ${after} bytes`);
        await reader.cancel(error);
        if (ending === "error") controller.error(error);
        else controller.close();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/**
 * Takes so many bytes of a body, or all, as a connection does before it breaks; a stream that has more is told to stop,
 * with the error.
 */
export async function taken(
  body: StoreBody,
  after: number,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<void> {
  if ("stream" in body) await readSome(body.stream, after, signal, error);
}

/** A copy of all bytes. */
export async function copied(body: StoreBody, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const pieces = "stream" in body ? await readSome(body.stream, body.length, signal) : piecesOf(body);
  return new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

/** Reads until there are so many bytes. An abort stops the stream, and rejects with its reason. */
async function readSome(
  stream: ReadableStream<Uint8Array>,
  size: number,
  signal: AbortSignal | undefined,
  why?: unknown,
): Promise<Uint8Array[]> {
  const reader = stream.getReader();
  const pieces: Uint8Array[] = [];
  const stop = () => void reader.cancel(signal?.reason).catch(() => undefined);
  signal?.addEventListener("abort", stop);
  try {
    signal?.throwIfAborted();
    for (let left = size; left > 0; left -= pieces.at(-1)!.length) {
      const step = await reader.read();
      signal?.throwIfAborted();
      if (step.done) return pieces;
      pieces.push(step.value.slice());
    }
    await reader.cancel(why);
    return pieces;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

export const sizeOf = (body: StoreBody): number =>
  "stream" in body ? body.length : piecesOf(body).reduce((sum, { length }) => sum + length, 0);

const piecesOf = (body: Uint8Array | readonly Uint8Array[]) => (body instanceof Uint8Array ? [body] : body);
