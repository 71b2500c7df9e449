import { InvalidValueError, TooHeavyError } from "@sluice/semaphore";

export interface ChannelOptions<T> {
  /** The weights of the buffered items never sum to more. 0 buffers nothing: each send meets a receive. */
  capacity: number;
  /** What an item weighs: a safe integer of at least 1. Asked once, when the item comes. Default: 1. */
  weigh?: ((item: T) => number) | undefined;
  /** What a send does when there is no room. */
  whenFull?: "wait" | undefined;
  /** Gets each item that was sent and that nobody will receive, exactly once. */
  onUndelivered?: ((item: T, why: "cancelled") => void) | undefined;
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
  if (whenFull !== "wait") throw new InvalidValueError("whenFull", whenFull, '"wait"');
  if (maxWaiting !== Number.POSITIVE_INFINITY && !isCount(maxWaiting)) {
    throw new InvalidValueError("maxWaiting", maxWaiting, "a safe integer of at least 0, or Infinity");
  }
  return { ...options, maxWaiting };
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
