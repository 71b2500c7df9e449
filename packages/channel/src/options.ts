import { InvalidValueError, TooHeavyError } from "@sluice/semaphore";

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
  /** How many senders may wait; one more is shed at once with `ERR_OVERLOADED`. Unbounded if left out. */
  maxWaiting?: number | undefined;
  /** Stands in error messages and snapshots. */
  name?: string | undefined;
}

/** The options with their defaults, or an error for what makes no sense. */
export function checked<T>(given: number | ChannelOptions<T>) {
  const options = typeof given === "number" ? { capacity: given } : given;
  const { capacity, whenFull = "wait", maxWaiting = Number.POSITIVE_INFINITY } = options;
  if (!isCount(capacity)) throw new InvalidValueError("capacity", capacity, "a safe integer of at least 0");
  if (!MODES.includes(whenFull))
    throw new InvalidValueError("whenFull", whenFull, `one of ${MODES.join(", ")}`);
  if (maxWaiting !== Number.POSITIVE_INFINITY && !isCount(maxWaiting)) {
    throw new InvalidValueError("maxWaiting", maxWaiting, "a safe integer of at least 0, or Infinity");
  }
  return { ...options, whenFull, maxWaiting };
}

/** What the item weighs. Asked once for each item: what it weighs later is nobody's business. */
export function weightOf<T>(item: T, { capacity, weigh, name }: ChannelOptions<T>): number {
  const weight = weigh === undefined ? 1 : weigh(item);
  if (!Number.isSafeInteger(weight) || weight < 1) {
    throw new InvalidValueError("the weight of an item", weight, "a safe integer of at least 1");
  }
  // A rendezvous buffers nothing, so there nothing is too heavy.
  if (weight > capacity && capacity > 0) throw new TooHeavyError(weight, capacity, name);
  return weight;
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
