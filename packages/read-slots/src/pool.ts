import { type Permit, Semaphore } from "@sluice/semaphore";
import type { AdaptiveSemaphore } from "./adaptive-semaphore.js";
import { check } from "./options.js";

/** An item, and the slot that it holds from before it was read until `giveBack`. */
export interface Read<T> {
  readonly item: T;
  readonly slot: Permit;
}

/** Whose slots are read with. */
export interface Pool {
  readonly slots: Semaphore;
  /** Nobody else knows the semaphore: what this pool's readings give back is all that ever comes back. */
  readonly own: boolean;
  /** The same slots, if they learn from how the tasks end. */
  readonly adaptive: AdaptiveSemaphore | undefined;
  /** Who is reading now. */
  readonly readings: Set<{ readonly isAsking: boolean; readonly inProgress: number }>;
  /** Items that were read, those of them that failed, and results that nobody has taken yet. */
  readonly totals: { read: number; failed: number; ready: number };
}

/** A number of slots, or those of a semaphore. Throws `ERR_INVALID_VALUE` for anything else. */
export function poolOf(slots: number | Semaphore): Pool {
  const own = typeof slots === "number";
  const fits = own ? Number.isSafeInteger(slots) && slots >= 1 : isSemaphore(slots);
  check("slots", slots, "a safe integer of at least 1, or a Semaphore", fits);
  return {
    slots: own ? new Semaphore(slots, { name: "read slots" }) : slots,
    own,
    adaptive: isAdaptive(slots) ? slots : undefined,
    readings: new Set(),
    totals: { read: 0, failed: 0, ready: 0 },
  };
}

/** The task, with an adaptive limit listening to how it ends. */
export function observed<A extends readonly unknown[], R>(
  { adaptive }: Pool,
  task: (...args: A) => R | PromiseLike<R>,
): typeof task {
  return adaptive ? (...args) => adaptive.observe(() => task(...args)) : task;
}

// By what is needed of it, as a semaphore may come from another copy of its class.
const isSemaphore = (slots: unknown): slots is Semaphore => {
  const { tryAcquire, acquire } = Object(slots) as Partial<Semaphore>;
  return typeof tryAcquire === "function" && typeof acquire === "function";
};

// By its method also because who has no use for an adaptive limit should not have to load one.
const isAdaptive = (slots: object | number): slots is AdaptiveSemaphore =>
  typeof (slots as AdaptiveSemaphore).observe === "function";
