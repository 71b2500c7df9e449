import type { ReleaseLikeOptions } from "./subject.js";

export interface ClockSins {
  waitsForEver?: boolean;
  countsTheSource?: boolean;
  countsFromTheBeginning?: boolean;
}

/** What a clock sees of a consumer. */
export interface Reading {
  /** Since the clock has looked last. */
  asked: boolean;
  waiting: boolean;
}

/** Looks four times in a budget at whether somebody asks, and tells which budget is spent. */
export function referenceClock(
  { idleTimeout, lifetime }: ReleaseLikeOptions,
  sins: ClockSins,
  reading: Reading,
  lose: (budget: string) => void,
): () => void {
  if (sins.waitsForEver) return () => {};
  let idle = 1;
  const look = () => {
    const busy = reading.asked || (reading.waiting && !sins.countsTheSource);
    idle = busy && !sins.countsFromTheBeginning ? 0 : idle + 1;
    reading.asked = false;
    if (idle > 4) lose("idleTimeout");
  };
  const timers = [
    idleTimeout && setInterval(look, idleTimeout / 4),
    lifetime && setTimeout(lose, lifetime, "lifetime"),
  ];
  return () => {
    for (const timer of timers) clearInterval(timer || undefined);
  };
}
