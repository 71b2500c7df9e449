import { check, type Work } from "../run/clock.js";
import type { Subject, Wait } from "./subject.js";

/** The few words that semaphores with an acquire and a release have in common. */
export interface Door<Permit> {
  acquire(signal?: AbortSignal): Promise<Permit>;
  release(permit: Permit): void;
}

type Parts<Permit> = Omit<Subject, "turns" | "line" | "full"> & {
  /** A semaphore with one permit. */
  open(): Door<Permit>;
};

/** What is the same for all semaphores that one acquires. */
export function acquiring<Permit>({ open, ...own }: Parts<Permit>): Subject {
  return {
    ...own,
    turns: turnsOf(open()),
    line: (length) => lineOf(open(), length),
    full: () => full(open()),
  };
}

function turnsOf<Permit>(door: Door<Permit>): Work {
  return async (times) => {
    for (let left = times; left > 0; left--) door.release(await door.acquire());
  };
}

function lineOf<Permit>(door: Door<Permit>, length: number): Work {
  let served = 0;
  const turn = async () => {
    const permit = await door.acquire();
    served++;
    door.release(permit);
  };
  return async (times) => {
    served = 0;
    for (let left = times; left > 0; left--) {
      const holder = await door.acquire();
      let last: Promise<void> | undefined;
      for (let place = 0; place < length; place++) last = turn();
      door.release(holder);
      await last;
    }
    check("turns that were taken", served, times * length);
  };
}

async function full<Permit>(door: Door<Permit>): Promise<Wait> {
  await door.acquire();
  return (signal) => door.acquire(signal);
}
