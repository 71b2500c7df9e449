import type { StoreBody } from "@sluice/object-store";
import fc from "fast-check";

/** Bytes that look random, the same for the same seed. */
export function content(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = (seed * 2_654_435_761 + 1) >>> 0 || 1;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

export const seeds = fc.nat({ max: 1_000_000 });

/** Sizes around nothing, and around those at which buffers end. */
export const sizes = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom(65_535, 65_536, 65_537, 300_000) },
);

export type Form = "whole" | "pieces" | "stream";
export const forms = fc.constantFrom<Form>("whole", "pieces", "stream");

/** The bytes in one of the forms of a body, cut where told. */
export function bodyOf(bytes: Uint8Array, form: Form, cut: number): StoreBody {
  if (form === "whole") return bytes;
  const pieces: Uint8Array[] = [];
  const size = Math.max(1, Math.min(cut, bytes.length), Math.ceil(bytes.length / 100));
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  if (form === "pieces") return pieces;
  return { stream: streamOf(pieces), length: bytes.length };
}

/** Gives out copies, which the reader may transfer. */
export function streamOf(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream(
    {
      pull(controller) {
        const piece = pieces[next++];
        if (piece === undefined) controller.close();
        else controller.enqueue(piece.slice());
      },
    },
    { highWaterMark: 0 },
  );
}

/** Gives half of the bytes and then nothing more; says when that is, and with what it was told to stop. */
export class StallingSource {
  readonly stalled: Promise<void>;
  stoppedWith: readonly unknown[] = [];
  readonly body: StoreBody;

  constructor(bytes: Uint8Array) {
    let sent = false;
    let onStall = () => {};
    this.stalled = new Promise((resolve) => {
      onStall = resolve;
    });
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (sent) {
            onStall();
            return new Promise(() => {});
          }
          sent = true;
          controller.enqueue(bytes.slice(0, bytes.length >> 1));
          return undefined;
        },
        cancel: (reason) => {
          this.stoppedWith = [reason];
        },
      },
      { highWaterMark: 0 },
    );
    this.body = { stream, length: bytes.length };
  }
}
