import { InvalidValueError } from "@sluice/semaphore";
import { SourceStalledError } from "./errors.js";

//  waited for ──seen so at five looks, a quarter of the time apart, and no byte between──▶ stalled
//
//  It is looked at, not measured: that costs a chunk nothing, and a program that was busy for longer than that, and could
//  not hear of what has come, has been looked at once.

const QUARTERS = 4;

/** What waits for a source. */
export interface Waiting {
  /** Whether nothing else keeps it from going on. */
  readonly waits: boolean;
  /** Bytes that have come. */
  readonly received: number;
}

/** Calls `stop` when the source has brought nothing for so many milliseconds. Returns what ends the watch. */
export function watchSource(
  waiting: Waiting,
  idleTimeout: number | undefined,
  stop: (why: SourceStalledError) => void,
): () => void {
  if (idleTimeout === undefined) return () => undefined;
  let seen = 0;
  let before = 0;
  const look = () => {
    const { waits, received } = waiting;
    if (received !== before) seen = 0;
    before = received;
    seen = waits ? seen + 1 : 0;
    if (seen > QUARTERS) stop(new SourceStalledError(idleTimeout, received));
  };
  // It keeps a process alive that has nothing else to do, or nobody would hear of the failure.
  const timer = setInterval(look, Math.ceil(idleTimeout / QUARTERS));
  return () => clearInterval(timer);
}

// Above it, browsers and Node fire at once.
const LONGEST = 2 ** 31 - 1;

export function checkIdleTimeout(value: number | undefined): void {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= LONGEST)) return;
  throw new InvalidValueError("idleTimeout", value, `whole milliseconds from 1 to ${LONGEST}`);
}
