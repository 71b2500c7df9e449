import type { ByteRange } from "@sluice/object-store";
import fc from "fast-check";

/** Who reads the body, and how. */
export interface Reader {
  /** The sizes of its own buffers, over and over; none: it takes the chunks as they come. */
  readonly buffers: readonly number[];
  /** It waits this many turns before each read. */
  readonly slow: number;
}

/** What is downloaded, and how it comes. */
export interface Plan {
  readonly size: number;
  readonly rangeSize: number;
  readonly window: number;
  /** Bytes of the budget above one range. */
  readonly spare: number;
  /** The sizes of the store's chunks, over and over. */
  readonly chunks: readonly number[];
  /** Whether the store's bodies are byte streams. */
  readonly asBytes: boolean;
  readonly reader: Reader;
  readonly seed: number;
}

const readers = fc.record<Reader>({
  buffers: fc.oneof(
    fc.constant([]),
    fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1, maxLength: 3 }),
  ),
  slow: fc.nat({ max: 2 }),
});

/** Objects of `from` to 60 bytes, in ranges small enough for several, and chunks from one byte to more than a range. */
export const plans = ({ from = 0 } = {}): fc.Arbitrary<Plan> =>
  fc.record({
    size: fc.integer({ min: from, max: 60 }),
    rangeSize: fc.integer({ min: 3, max: 20 }),
    window: fc.integer({ min: 1, max: 4 }),
    spare: fc.oneof(fc.nat({ max: 30 }), fc.constant(1_000)),
    chunks: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
    asBytes: fc.boolean(),
    reader: readers,
    seed: fc.nat({ max: 1_000 }),
  });

/** Any range that begins in an object of so many bytes; it may end behind it. */
export const rangeIn = (size: number, { from, bytes }: Share): ByteRange | undefined => {
  if (size === 0) return undefined;
  const start = from % size;
  return bytes === undefined ? { start } : { start, end: start + bytes };
};

/** A range of an object whose size is not known yet. */
export interface Share {
  readonly from: number;
  /** How many more than one; up to the end if left out. */
  readonly bytes?: number | undefined;
}

export const shares: fc.Arbitrary<Share> = fc.record({
  from: fc.nat({ max: 100 }),
  bytes: fc.option(fc.nat({ max: 40 }), { nil: undefined }),
});

/** Bytes that it may hold, and that its budget has. */
export const capacityOf = ({ rangeSize, spare }: Plan): number => rangeSize + spare;
export const mostOf = (plan: Plan): number => Math.min(plan.window * plan.rangeSize, capacityOf(plan));
