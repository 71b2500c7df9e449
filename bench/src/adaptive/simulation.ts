import { AdaptiveSemaphore, ReadSlots } from "@sluice/read-slots";
import { Semaphore } from "@sluice/semaphore";
import { seeded, VirtualClock } from "./clock.js";
import { Server, type Step } from "./server.js";

export const CLIENTS = 4;
export const PHASE = 40_000;
export const STEPS: readonly Step[] = [20, 8, 30].map((capacity, n) => ({ from: n * PHASE, capacity }));
export const END = STEPS.length * PHASE;
const SAMPLE = 200;
const SEED = 1;

/** What came of one phase: requests that were served, and refused, in all and by client. */
export interface Phase {
  readonly capacity: number;
  served: number;
  refused: number;
  readonly servedOf: number[];
}

export interface Sample {
  readonly at: number;
  readonly capacity: number;
  readonly limits: readonly number[];
}

export interface Run {
  readonly name: string;
  readonly phases: readonly Phase[];
  readonly samples: readonly Sample[];
}

/** Some clients that share a server and know nothing of one another, each with as much to do as it gets done. */
export async function simulate(name: string, makeLimit: () => Semaphore): Promise<Run> {
  const clock = new VirtualClock();
  const random = seeded(SEED);
  const server = new Server(clock, random, STEPS);
  const limits = Array.from({ length: CLIENTS }, makeLimit);
  const phases = STEPS.map(({ capacity }): Phase => {
    return { capacity, served: 0, refused: 0, servedOf: limits.map(() => 0) };
  });
  const stop = new AbortController();

  const clients = limits.map((limit, client) =>
    new ReadSlots(limit).forEach(
      endless(),
      async () => {
        const answer = await server.request();
        const phase = phases[Math.min(Math.floor(clock.now / PHASE), phases.length - 1)]!;
        if (answer.status === 200) {
          phase.served++;
          phase.servedOf[client]!++;
          return answer;
        }
        phase.refused++;
        // Whoever was refused pauses, as clients do, and keeps its slot meanwhile.
        await clock.sleep(100 * (0.5 + random()));
        return answer;
      },
      { signal: stop.signal },
    ),
  );

  const over = Promise.allSettled(clients);

  const samples: Sample[] = [];
  for (let at = 0; at < END; at += SAMPLE) {
    await clock.runTo(at);
    samples.push({ at, capacity: server.capacity, limits: limits.map(({ capacity }) => capacity) });
  }
  await clock.runTo(END);
  stop.abort();
  await clock.runTo(END + PHASE);
  await over;
  return { name, phases, samples };
}

export const fixed =
  (limit: number): (() => Semaphore) =>
  () =>
    new Semaphore(limit);
export const adaptive = (backoff?: number) => (): Semaphore => new AdaptiveSemaphore({ max: 64, backoff });

function* endless(): Generator<number> {
  for (let n = 0; ; n++) yield n;
}
