import { InvalidValueError, type MemoryBudget } from "@sluice/semaphore";
import { bytesOf } from "./bytes-of.js";
import { memoryBounds } from "./memory-bounds.js";

//  used / limit     above high ──▶ three quarters of the capacity, not below the floor
//                   in between ──▶ as it is: what has just shrunk must not grow at once
//                   below low  ──▶ an eighth of the first capacity more, not above it

export interface PressureOptions {
  /**
   * Bytes below which the budget never shrinks, at most its capacity; a quarter of that unless told. Set it no lower
   * than the heaviest single request: whoever waits for more than the capacity is rejected with `ERR_TOO_HEAVY`.
   */
  floor?: number | string | undefined;
  /** Bytes that may be used in all. The limit of the container or the machine unless told. */
  limit?: number | undefined;
  /** The parts of the limit above which the budget shrinks, and below which it grows: 0.85 and 0.7 unless told. */
  high?: number | undefined;
  low?: number | undefined;
  /** Milliseconds between two looks: 1,000 unless told. */
  every?: number | undefined;
  /** Bytes used now: the larger of the resident size and what the container uses, unless told. */
  read?: (() => number) | undefined;
}

const SHRINK_TO = 3 / 4;
const GROW_BY = 1 / 8;

/**
 * Shrinks a budget while the process is short of memory, and grows it back, step by step, to what it was. Keeps no
 * process alive. Disposing of it ends the watch, and gives the budget the capacity back that it had at first.
 *
 * Throws `ERR_INVALID_VALUE` for options that make no sense.
 */
export function watchPressure(budget: MemoryBudget, options: PressureOptions = {}): Disposable {
  const first = budget.capacity;
  const bounds = memoryBounds();
  const { limit = bounds.limit, high = 0.85, low = 0.7, every = 1_000 } = options;
  const {
    floor: given = Math.ceil(first / 4),
    read = () => Math.max(process.memoryUsage.rss(), bounds.usage() ?? 0),
  } = options;
  // Above the capacity it would be no floor, but a watch that never does anything.
  const floor = bytesOf("floor", given, first);
  if (!(limit > 0 && limit < Number.POSITIVE_INFINITY))
    throw new InvalidValueError("limit", limit, "bytes, above 0");
  if (!(low > 0 && low < high && high <= 1)) {
    throw new InvalidValueError(
      "high",
      high,
      `above low, which is ${low} and must be above 0, and at most 1`,
    );
  }
  if (!(every >= 1 && every < 2 ** 31)) throw new InvalidValueError("every", every, "milliseconds, from 1");

  const timer = setInterval(() => {
    const used = read() / limit;
    const { capacity } = budget;
    if (used > high && capacity > floor) budget.resize(Math.max(floor, Math.floor(capacity * SHRINK_TO)));
    else if (used < low && capacity < first) {
      budget.resize(Math.min(first, capacity + Math.ceil(first * GROW_BY)));
    }
  }, every);
  timer.unref();
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      budget.resize(first);
    },
  };
}
