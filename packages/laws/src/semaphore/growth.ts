import type { Effort } from "../law.js";
import type { MakeSemaphore, PermitLike, SemaphoreLike } from "./subject.js";

// A ratio within one run, on one machine: the same operations at a small and at a large size, in turns. Whatever
// disturbs a round makes it slower, so the quickest round of each counts. A subject is convicted only if it is too
// slow at every attempt: one bad moment of the machine is no proof.
//
//  attempt: small, large, small, large, small, large ──▶ least of each ──large > FACTOR × small + SLACK──▶ grows

const ATTEMPTS = 3;
const ROUNDS = 3;
const OPERATIONS = 50;
const FACTOR = 6;
/** Milliseconds for all operations of a round: what caches and clocks may cost at any size. */
const SLACK = 0.05;

interface Cost {
  readonly of: string;
  readonly small: number;
  readonly large: number;
  /** Makes everything ready, unmeasured; what it returns is measured. */
  readonly prepare: (make: MakeSemaphore, size: number) => () => void;
}

const times = (act: (n: number) => void): void => {
  for (let n = 0; n < OPERATIONS; n++) act(n);
};

const take = (subject: SemaphoreLike, weight = 1): PermitLike => {
  const permit = subject.tryAcquire(weight);
  if (!permit) throw new Error(`${weight} of ${subject.capacity} are not granted though all is free`);
  return permit;
};

const acquire = (subject: SemaphoreLike, signal?: AbortSignal): void =>
  void subject.acquire(1, { signal }).catch(() => undefined);

/** A semaphore of which everything is held, and for which so many wait. */
function crowded(make: MakeSemaphore, waiters: number): { subject: SemaphoreLike; permits: PermitLike[] } {
  const subject = make(OPERATIONS, {});
  const permits = Array.from({ length: OPERATIONS }, () => take(subject));
  for (let n = 0; n < waiters; n++) acquire(subject);
  return { subject, permits };
}

// The cheapest to prepare first: a subject that is slow is found before it is slow fifty thousand times.
const COSTS: readonly Cost[] = [
  {
    of: "taking and giving back a weight of",
    small: 1,
    large: 2 ** 14,
    prepare(make, weight) {
      const subject = make(2 ** 14, {});
      return () =>
        times(() => {
          const permit = take(subject, weight);
          permit.shrink?.(1);
          permit.release();
        });
    },
  },
  {
    of: "making one, and taking and giving back 1, at a capacity of",
    small: 1,
    large: 2 ** 12,
    prepare: (make, capacity) => () => times(() => take(make(capacity, {})).release()),
  },
  {
    of: "joining so many who wait",
    small: 100,
    large: 5_000,
    prepare(make, waiters) {
      const { subject } = crowded(make, waiters);
      return () => times(() => acquire(subject));
    },
  },
  {
    of: "trying in vain, and looking, beside so many who wait",
    small: 100,
    large: 5_000,
    prepare(make, waiters) {
      const { subject } = crowded(make, waiters);
      return () => times(() => [subject.tryAcquire(1), subject.waiting, subject.held]);
    },
  },
  {
    of: "a release that serves one of so many who wait",
    small: 100,
    large: 5_000,
    prepare(make, waiters) {
      const { permits } = crowded(make, waiters);
      return () => times((n) => permits[n]?.release());
    },
  },
  {
    of: "aborting one of so many who wait",
    small: 1_000,
    large: 50_000,
    prepare(make, waiters) {
      const subject = make(1, {});
      take(subject);
      const stops: AbortController[] = [];
      const apart = Math.floor(waiters / OPERATIONS);
      for (let n = 0; n < waiters; n++) {
        const stop = n % apart === 0 ? new AbortController() : undefined;
        if (stop) stops.push(stop);
        acquire(subject, stop?.signal);
      }
      return () => times((n) => stops[n]?.abort());
    },
  },
];

/**
 * Measures each operation at two sizes.
 *
 * - **Order:** one operation after the other, nothing else in between but promises.
 * - **Abort:** cannot be stopped; it ends after a fixed number of attempts.
 * - **Errors:** the first operation whose cost grows, with its figures.
 */
export async function costsDoNotGrow(make: MakeSemaphore, _effort: Effort): Promise<void> {
  for (const cost of COSTS) {
    const found: string[] = [];
    while (found.length < ATTEMPTS) {
      const [small, large] = await attempt(make, cost);
      if (large <= FACTOR * small + SLACK) break;
      const each = (milliseconds: number) => `${Math.round((milliseconds * 1e6) / OPERATIONS)} ns`;
      found.push(`${each(small)} at ${cost.small}, ${each(large)} at ${cost.large}`);
    }
    if (found.length === ATTEMPTS) throw new Error(`${cost.of} …: ${found.join("; ")}`);
  }
}

async function attempt(make: MakeSemaphore, { small, large, prepare }: Cost): Promise<[number, number]> {
  const least: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [which, size] of [small, large].entries()) {
      const act = prepare(make, size);
      await undefined;
      const start = performance.now();
      act();
      least[which as 0 | 1] = Math.min(least[which as 0 | 1], performance.now() - start);
      await undefined;
    }
  }
  return least;
}
