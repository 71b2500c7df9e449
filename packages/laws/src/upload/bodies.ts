import type { StoreBody } from "@sluice/object-store";
import { joined } from "../store/reference-body.js";

/** A body that goes in one stream. */
export type StreamedBody = Extract<StoreBody, { stream: unknown }>;

export const isStreamed = (body: StoreBody | undefined): body is StreamedBody =>
  body !== undefined && "stream" in body;

/** A copy of the bytes of a body in memory. */
export const copied = (body: Exclude<StoreBody, StreamedBody>): Uint8Array =>
  joined(body instanceof Uint8Array ? [body] : body);

/** Who looks on while a body goes through. */
export interface BodyHears {
  onTaken(piece: Uint8Array): void;
  /** All of it has been taken. */
  onEnd(bytes: Uint8Array): void;
  /** The bit of this byte is flipped on its way. */
  readonly flip: number | undefined;
}

/** The same body, of which nothing is taken before it is asked for. */
export function tapped({ stream, length }: StreamedBody, { onTaken, onEnd, flip }: BodyHears): StreamedBody {
  const reader = stream.getReader();
  const pieces: Uint8Array[] = [];
  let at = 0;
  let givenUp = false;
  const tap = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const step = await reader.read();
        if (step.done) {
          if (givenUp) return;
          onEnd(joined(pieces));
          controller.close();
          return;
        }
        const piece = step.value.slice();
        onTaken(piece);
        if (flip !== undefined && length > 0 && at <= flip % length && flip % length < at + piece.length)
          piece[(flip % length) - at]! ^= 1;
        at += piece.length;
        // The store may transfer what it gets.
        pieces.push(piece.slice());
        controller.enqueue(piece);
      },
      cancel(reason) {
        givenUp = true;
        // What has failed meanwhile has nothing to be told.
        return reader.cancel(reason).catch(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
  return { stream: tap, length };
}

/** Takes as much as comes at once, and tells the stream to stop. */
export async function brokenOff({ stream }: StreamedBody, onTaken: BodyHears["onTaken"]): Promise<void> {
  const reader = stream.getReader();
  const step = await reader.read();
  if (!step.done) onTaken(step.value);
  await reader.cancel().catch(() => undefined);
}

/** Bytes of memory that bodies keep from being collected. */
export function memoryOf(bodies: readonly (StoreBody | undefined)[]): number {
  const buffers = new Set<ArrayBufferLike>();
  let streamed = 0;
  for (const body of bodies) {
    if (body === undefined) continue;
    if (isStreamed(body)) streamed += body.length;
    else for (const { buffer } of body instanceof Uint8Array ? [body] : body) buffers.add(buffer);
  }
  return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, streamed);
}

/** Bytes of a body. */
export function sizeOf(body: StoreBody | undefined): number {
  if (body === undefined) return 0;
  if (isStreamed(body) || body instanceof Uint8Array) return body.length;
  return body.reduce((sum, { length }) => sum + length, 0);
}
