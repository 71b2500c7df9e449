import { InvalidValueError } from "@sluice/object-store";
import type { FramePlace, FrameTransform } from "./transform.js";

// In front of each sealed frame, in plain text: how many frames the part has. Bound by the transform.
export const COUNT_SIZE = 4;

/** What follows from the sizes of frames. All sizes in bytes. */
export class Frames {
  readonly plain: number;
  readonly sealed: number;
  readonly overhead: number;

  constructor({ frameSize, overhead }: FrameTransform) {
    if (!Number.isSafeInteger(frameSize) || frameSize < 1 || frameSize > LARGEST) {
      throw new InvalidValueError("frameSize", frameSize, `a whole number of bytes from 1 to ${LARGEST}`);
    }
    if (!Number.isSafeInteger(overhead) || overhead < 0 || overhead > LARGEST) {
      throw new InvalidValueError("overhead", overhead, `a whole number of bytes from 0 to ${LARGEST}`);
    }
    this.plain = frameSize;
    this.overhead = overhead + COUNT_SIZE;
    this.sealed = this.plain + this.overhead;
  }

  /** How many frames so many bytes make: one at least. */
  count(plain: number): number {
    return Math.max(1, Math.ceil(plain / this.plain));
  }

  sealedSize(plain: number): number {
    return plain + this.count(plain) * this.overhead;
  }

  /** How many frames a sealed body of this size has, and how many bytes they mean. Undefined for what no body has. */
  opened(sealed: number): { readonly count: number; readonly size: number } | undefined {
    const count = Math.ceil(sealed / this.sealed);
    const last = sealed - (count - 1) * this.sealed;
    return count < 1 || last < this.overhead ? undefined : { count, size: sealed - count * this.overhead };
  }

  /** The most bytes whose sealed form is no larger. */
  capacity(sealed: number): number {
    const rest = sealed % this.sealed;
    return Math.floor(sealed / this.sealed) * this.plain + Math.max(0, rest - this.overhead);
  }

  /** The sealed size of one frame of a body. */
  sizeOf(index: number, sealed: number): number {
    return Math.min(this.sealed, sealed - index * this.sealed);
  }
}

const LARGEST = 64 * 2 ** 20;

/**
 * The place of a frame of an object, counted from 0. All parts but the last have `perPart` frames; left out, the object
 * was put in one piece.
 */
export function placeAt(
  frame: number,
  frames: number,
  perPart: number | undefined,
  count: number,
): FramePlace {
  const last = frame === frames - 1;
  if (perPart === undefined) return { part: 0, index: frame, count, last };
  return { part: Math.floor(frame / perPart) + 1, index: frame % perPart, count, last };
}

export function writeCount(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(COUNT_SIZE);
  new DataView(bytes.buffer).setUint32(0, count);
  return bytes;
}
