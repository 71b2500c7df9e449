import type { Effort, Played } from "../law.js";
import { hop } from "../settle.js";
import { Breach, Counterexample } from "../verdicts.js";
import { BESIDE_A_LINE, Crowd, LENT } from "./crowd.js";
import { LEAST_ROUNDS, MOST_ROUNDS, timed, WARM_UP } from "./measure.js";
import type { MakeSemaphore } from "./subject.js";

// A ratio within one run, on one machine: the same operations at a small and at a large size, in turns. Whatever
// disturbs a round makes it slower and never quicker, so only the quickest of each size counts. Costs that grow
// with the size would be fifty times apart or more, so a ratio in between says which it is.
//
//  warm up ─▶ small, large, small, large … ──after 10 or more, least large < LIMIT × least small──▶ does not grow
//                     └──after all of them, still not──▶ grows

const LIMIT = 8;
/** Milliseconds a round: what the clock may hide. */
const SLACK = 0.01;

const MANY_UNITS = 2 ** 14;
const FEW = 250;
/** What is linear shows at the first size, before the second takes long to prepare. */
const MANY = [8_000, 64_000];

type Round = () => number | Promise<number>;

const COSTS: Readonly<Record<string, (make: MakeSemaphore, size: number) => Round>> = {
  "giving back and taking a weight of": (make, weight) => {
    const crowd = new Crowd(make, LENT * weight, weight, 0);
    return () => crowd.turnOver();
  },
  "shrinking, giving back and taking a weight of": (make, weight) => {
    const crowd = new Crowd(make, LENT * weight, weight, 0);
    return () => crowd.turnOver(true);
  },
  "giving back and taking 1 at a capacity of sixteen times": (make, units) => {
    const crowd = new Crowd(make, LENT * units, 1, 0);
    return () => crowd.turnOver();
  },
  "making one at a capacity of": (make, capacity) => () => timed(() => make(capacity, {}), 2),
};

/**
 * Measures each operation at a small and at a large size.
 *
 * - **Order:** one operation after the other, nothing else in between but promises.
 * - **Abort:** cannot be stopped; it ends after a fixed number of rounds.
 * - **Errors:** `Counterexample` for the first operation whose cost grows, with its figures.
 */
export async function costsDoNotGrow(make: MakeSemaphore, { seed }: Effort): Promise<Played> {
  const compare = async (of: string, sizes: Pair<number>, rounds: Pair<Round>): Promise<void> => {
    await hop();
    const [small, large] = await leastOf(rounds);
    if (isLevel([small, large])) return;
    const micros = (milliseconds: number) => `${Math.round(milliseconds * 1e3)} µs`;
    const shown = `${micros(small)} at ${sizes[0]}, ${micros(large)} at ${sizes[1]}, each the least of ${MOST_ROUNDS} rounds`;
    const breach = new Breach(`the cost grows of ${of} …`, [`${of} …: ${shown}`]);
    throw new Counterexample(breach, { seed, after: 0, shown });
  };
  for (const [of, at] of Object.entries(COSTS)) {
    await compare(of, [1, MANY_UNITS], [at(make, 1), at(make, MANY_UNITS)]);
  }
  for (const size of MANY) {
    const [few, many] = [new Crowd(make, LENT, 1, FEW), new Crowd(make, LENT, 1, size)];
    for (const [of, round] of Object.entries(BESIDE_A_LINE)) {
      await compare(of, [FEW, size], [() => round(few), () => round(many)]);
    }
  }
  return { walked: 0, random: 0 };
}

type Pair<Value> = readonly [small: Value, large: Value];

const isLevel = ([small, large]: Pair<number>): boolean => large < LIMIT * small + SLACK;

async function leastOf([small, large]: Pair<Round>): Promise<Pair<number>> {
  for (let round = 0; round < WARM_UP; round++) {
    await small();
    await large();
  }
  const least: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    least[0] = Math.min(least[0], await small());
    least[1] = Math.min(least[1], await large());
    if (round >= LEAST_ROUNDS && isLevel(least)) break;
  }
  return least;
}
