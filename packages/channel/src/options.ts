import { InvalidValueError, TooHeavyError } from "@sluice/semaphore";
import { checkCount } from "./check-count.js";
import type { Budget } from "./share.js";

const MODES = ["wait", "reject", "drop-oldest", "drop-newest", "drop-incoming"] as const;

/** What a send does when there is no room. */
export type WhenFull = (typeof MODES)[number];

/** `"dropped"`: to stay within the capacity; `"cancelled"`: the channel was cancelled. */
export type OnUndelivered<T> = (item: T, why: "dropped" | "cancelled") => void;

export interface ChannelOptions<T> {
  /** The weights of the buffered items never sum to more. 0 buffers nothing: each send meets a receive. */
  capacity: number;
  /** What an item weighs: a safe integer of at least 1. Asked once, when the item comes. Default: 1. */
  weigh?: ((item: T) => number) | undefined;
  /**
   * What a send does when there is no room. Default: `"wait"`. `"reject"` refuses with `ERR_FULL`, which carries the
   * item. The others drop what they name, and as much of it as the item needs; where that could not make room, as at
   * a rendezvous without a receiver, they drop the incoming item.
   */
  whenFull?: WhenFull | undefined;
  /** Gets each item that was sent and that nobody will receive, exactly once. */
  onUndelivered?: OnUndelivered<T> | undefined;
  /**
   * A budget that others use too: each buffered item and each seat holds its weight of it. Where the budget is used up,
   * an item still goes from hand to hand, if the channel is empty and somebody receives. Not with a mode that drops:
   * what that gave back would belong to whoever waits for the budget.
   */
  budget?: Budget | undefined;
  /**
   * Wakes waiting senders only when the buffered weight has fallen to this: fewer and larger turns. Default: whenever
   * the oldest fits.
   */
  lowWater?: number | undefined;
  /** How many senders may wait; one more is shed at once with `ERR_OVERLOADED`. Unbounded if left out. */
  maxWaiting?: number | undefined;
  /** Stands in error messages and snapshots. */
  name?: string | undefined;
}

type Limits = Pick<ChannelOptions<never>, "budget" | "name">;

/** The options with their defaults, or an error for what makes no sense. */
export function checked<T>(given: number | ChannelOptions<T>) {
  const options = typeof given === "number" ? { capacity: given } : given;
  if (!options || typeof options !== "object") {
    throw new InvalidValueError("options", options, "an object");
  }
  const { capacity, weigh, onUndelivered, budget, whenFull = "wait" } = options;
  const { maxWaiting = Number.POSITIVE_INFINITY, lowWater = Number.POSITIVE_INFINITY } = options;
  checkCount("capacity", capacity, 0);
  if (!MODES.includes(whenFull))
    throw new InvalidValueError("whenFull", whenFull, `one of ${MODES.join(", ")}`);
  for (const [what, value] of Object.entries({ maxWaiting, lowWater })) {
    if (value !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(value) && value >= 0)) {
      throw new InvalidValueError(what, value, "a safe integer of at least 0, or Infinity");
    }
  }
  for (const [what, value] of Object.entries({ weigh, onUndelivered })) {
    if (value !== undefined && typeof value !== "function") {
      throw new InvalidValueError(what, value, "a function");
    }
  }
  if (budget && whenFull.startsWith("drop")) {
    throw new InvalidValueError("whenFull", whenFull, "wait or reject beside a budget");
  }
  return { ...options, whenFull, maxWaiting, lowWater };
}

/** What the item weighs. Asked once for each item: what it weighs later is nobody's business. */
export function weightOf<T>(item: T, options: ChannelOptions<T>): number {
  const { capacity, weigh } = options;
  const weight = weigh === undefined ? 1 : weigh(item);
  checkCount("the weight of an item", weight, 1);
  // A rendezvous buffers nothing, so there nothing is too heavy.
  if (capacity > 0) checkFit(weight, capacity, options);
  return weight;
}

/** Refuses what neither the capacity nor the budget will ever have room for. */
export function checkFit(weight: number, capacity: number, { budget, name }: Limits): void {
  const limit = budget ? Math.min(capacity, budget.capacity) : capacity;
  if (weight > limit) throw new TooHeavyError(weight, limit, name);
}
