import { hop } from "../settle.js";
import { Breach } from "../verdicts.js";
import { Crowd } from "./crowd.js";
import { MOST_ROUNDS, take, timed, WARM_UP } from "./measure.js";
import type { MakeSemaphore } from "./subject.js";

// A ratio within one run, on one machine: the same operations at a small and at a large size, in turns. Whatever
// disturbs a round makes it slower and never quicker, so only the quickest of each size counts. Costs that grow
// with the size would be a hundred times apart or more, so a ratio in between says which it is.
//
//  warm up ─▶ small, large, small, large … ──after 10 or more, least large < LIMIT × least small──▶ does not grow
//                     └──after all of them, still not──▶ grows

const LEAST_ROUNDS = 10;
const LIMIT = 8;
/** Milliseconds a round: what the clock may hide. */
const SLACK = 0.01;

const MOST_UNITS = 2 ** 14;
const FEW = 250;
/** What is linear shows at the first size, before the second takes long to prepare. */
const MANY = [8_000, 64_000];

/** Operations to be repeated at a size: what comes back is how long they took, in milliseconds. */
interface Cost {
  readonly of: string;
  at(make: MakeSemaphore, size: number): () => number | Promise<number>;
}

const COSTS: readonly Cost[] = [
  {
    of: "taking and giving back a weight of",
    at(make, weight) {
      const subject = make(MOST_UNITS, {});
      return () => timed(() => take(subject, weight).release());
    },
  },
  {
    of: "taking, shrinking and giving back a weight of",
    at(make, weight) {
      const subject = make(MOST_UNITS, {});
      return () =>
        timed(() => {
          const permit = take(subject, weight);
          permit.shrink?.(1);
          permit.release();
        });
    },
  },
  {
    of: "taking and giving back 1 at a capacity of",
    at(make, capacity) {
      const subject = make(capacity, {});
      return () => timed(() => take(subject).release());
    },
  },
  {
    of: "making one at a capacity of",
    at: (make, capacity) => () => timed(() => make(capacity, {}), 2),
  },
];

/**
 * Measures each operation at a small and at a large size.
 *
 * - **Order:** one operation after the other, nothing else in between but promises.
 * - **Abort:** cannot be stopped; it ends after a fixed number of rounds.
 * - **Errors:** the first operation whose cost grows, with its figures.
 */
export async function costsDoNotGrow(make: MakeSemaphore): Promise<void> {
  for (const { of, at } of COSTS) {
    await compare(of, [1, MOST_UNITS], [at(make, 1), at(make, MOST_UNITS)]);
    await hop();
  }
  for (const size of MANY) {
    const [few, many] = [new Crowd(make, FEW), new Crowd(make, size)];
    await hop();
    for (const of of few.operations) {
      await compare(of, [FEW, size], [() => few.time(of), () => many.time(of)]);
      await hop();
    }
  }
}

type Pair<Value> = readonly [small: Value, large: Value];

async function compare(
  of: string,
  sizes: Pair<number>,
  [small, large]: Pair<() => number | Promise<number>>,
): Promise<void> {
  for (let round = 0; round < WARM_UP; round++) {
    await small();
    await large();
  }
  const least: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    least[0] = Math.min(least[0], await small());
    least[1] = Math.min(least[1], await large());
    if (round >= LEAST_ROUNDS && least[1] < LIMIT * least[0] + SLACK) return;
  }
  const [a, b] = least.map((milliseconds) => `${Math.round(milliseconds * 1e3)} µs`);
  const figures = `${a} at ${sizes[0]}, ${b} at ${sizes[1]}, each the least of ${MOST_ROUNDS} rounds`;
  throw new Breach(`the cost grows of ${of} …: ${figures}`, [figures]);
}
