import type { StoreLimits } from "../limits.js";
import type { Buckets } from "./buckets.js";
import type { Lines } from "./lines.js";
import type { Draft, Shelf } from "./shelf.js";

/** What the halves of a {@link ShelfStore} work with. */
export interface Place<D extends Draft> {
  readonly shelf: Shelf<D>;
  readonly limits: StoreLimits;
  /** All changes of one object stand in one line, and all of one upload. */
  readonly lines: Lines;
  readonly buckets: Buckets;
  readonly now: () => Date;
  /** The most bytes that one read of a body returns. */
  readonly chunkSize: number;
}
