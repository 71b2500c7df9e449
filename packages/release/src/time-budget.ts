import { StalledError } from "./errors.js";
import type { TimeBudgets } from "./options.js";

//  waits ──is answered──▶ idle ──seen so at five looks, a quarter of the budget apart──▶ lost
//    ◀─────────asks───────┘ ◀──has asked in between: seen once──┘
//
// It is looked at, not measured: that costs a chunk next to nothing, and a program that was busy for longer than the
// budget, which kept the consumer from asking, has been looked at once.

const QUARTERS = 4;

/** Who takes the chunks of a stream. */
export interface Consumer {
  /** Whether it waits for the source. */
  waits(): boolean;
  /** Whether it has taken something since the last call. */
  gotOn(): boolean;
  /** Takes the stream from it, and cancels the source. */
  lose(why: StalledError): void;
}

/** Starts the time budgets, and returns what stops them. */
export function watchTime({ idleTimeout, lifetime }: TimeBudgets, consumer: Consumer): () => void {
  const timers: ReturnType<typeof setTimeout>[] = [];
  if (idleTimeout !== undefined) {
    let seenIdle = 1;
    const look = (): void => {
      if (consumer.gotOn()) seenIdle = 0;
      seenIdle = consumer.waits() ? 0 : seenIdle + 1;
      if (seenIdle > QUARTERS) consumer.lose(new StalledError("idleTimeout", idleTimeout));
    };
    timers.push(setInterval(look, Math.ceil(idleTimeout / QUARTERS)));
  }
  if (lifetime !== undefined) {
    timers.push(setTimeout(() => consumer.lose(new StalledError("lifetime", lifetime)), lifetime));
  }
  // On Node a timer keeps the process alive, unless it is told not to.
  for (const timer of timers) (timer as { unref?(): void }).unref?.();
  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
}
