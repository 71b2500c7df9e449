import type { StoreLimits } from "@sluice/object-store";
import fc from "fast-check";
import { KINDS, type Kind } from "../read-slots/kinds.js";
import { content } from "../store/content.js";
import type { Bytes } from "./source.js";

/** A number of bytes in terms of the store's smallest part, so that plans fit any store. */
export interface Measure {
  readonly quarters: number;
  readonly more: number;
}

/** What is uploaded, and how it comes. */
export interface Plan {
  readonly kind: Kind;
  readonly size: Measure;
  /** The sizes of chunks, over and over. */
  readonly chunks: readonly Measure[];
  /** Bytes of a part above the smallest. */
  readonly extra: number;
  readonly slots: number;
  /** Whether the length is declared. */
  readonly known: boolean;
  readonly seed: number;
}

const measures = (quarters: number): fc.Arbitrary<Measure> =>
  fc.record({ quarters: fc.nat({ max: quarters }), more: fc.integer({ min: -1, max: 1 }) });

/** Tiny chunks, chunks about as large as a part, and one that is larger than all. */
const chunks = fc
  .array(
    fc.oneof(
      measures(2),
      measures(6),
      fc.constant({ quarters: 0, more: 0 }),
      fc.constant({ quarters: 40, more: 0 }),
    ),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .filter((sizes) => sizes.some(({ quarters }) => quarters > 1));

/** Sizes up to seven of the smallest parts; `from` so many quarters of one, and `to` so many. */
export const plans = ({ from = 0, to = 28 } = {}): fc.Arbitrary<Plan> =>
  fc.record({
    kind: fc.constantFrom(...KINDS),
    size: measures(to - from).map(({ quarters, more }) => ({ quarters: quarters + from, more })),
    chunks,
    extra: fc.nat({ max: 5 }),
    slots: fc.integer({ min: 1, max: 4 }),
    known: fc.boolean(),
    seed: fc.nat({ max: 1_000 }),
  });

/** In bytes, on a store with these limits. */
export function bytesOf({ quarters, more }: Measure, { minPartSize }: StoreLimits): number {
  return Math.max(0, Math.floor((quarters * minPartSize) / 4) + more);
}

/** The bytes of a body. */
export const bodyOf = ({ size, seed }: Plan, limits: StoreLimits): Bytes =>
  content(bytesOf(size, limits), seed);

/** The bytes as chunks of these sizes: views of one piece of memory, as streams often have them. */
export function cut(bytes: Bytes, sizes: readonly Measure[], limits: StoreLimits): Bytes[] {
  const cuts: Bytes[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = bytesOf(sizes[cuts.length % sizes.length]!, limits);
    cuts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return cuts;
}
