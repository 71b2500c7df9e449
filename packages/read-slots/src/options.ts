import type { AdmitOptions } from "@sluice/release";
import { InvalidValueError } from "@sluice/semaphore";
import { checkSource } from "./source.js";

/** How a source is read. */
export interface ReadOptions<T> {
  /** When it aborts, reading stops and the call rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
  /** What is taken before each read: the most that an item may weigh. 1 unless told. */
  weight?: number | undefined;
  /**
   * What the item does weigh, from 1 to `weight`. It is asked once, when the item has been read, and the rest of what
   * was taken goes back at once. Left out, every item weighs `weight`.
   */
  weigh?: ((item: T) => number) | undefined;
}

export type ForEachOptions<T = never> = ReadOptions<T>;

export interface MapOptions<T = never> extends ReadOptions<T> {
  /** Results in the order of the source (the default), or each as soon as it is there. */
  ordered?: boolean | undefined;
}

export interface OpenOptions extends AdmitOptions {
  /**
   * How long the slot is held: `"end"`, until the stream has ended, failed or been left (the default), or `"headers"`,
   * until it has been opened. Time budgets for the stream need `"end"`.
   */
  until?: "end" | "headers" | undefined;
  /** What the stream takes of the slots. 1 unless told. */
  weight?: number | undefined;
}

/** Throws `ERR_NOT_A_SOURCE` or `ERR_INVALID_VALUE` for what cannot be read, run or followed. */
export function checkCall(source: unknown, task: unknown, options: MapOptions<never>): void {
  checkSource(source);
  check("task", task, "a function", typeof task === "function");
  checkOptions(options);
}

/** Throws `ERR_INVALID_VALUE` for options that no call takes. Weights are left to the semaphore, which knows its own. */
export function checkOptions(options: MapOptions<never>): void {
  check("options", options, "an object", typeof options === "object" && options !== null);
  const { signal, weigh, ordered } = options;
  check("signal", signal, "an AbortSignal", signal === undefined || isSignal(signal));
  check("weigh", weigh, "a function", weigh === undefined || typeof weigh === "function");
  check("ordered", ordered, "a boolean", ordered === undefined || typeof ordered === "boolean");
}

/** Throws `ERR_INVALID_VALUE` unless it holds. */
export function check(what: string, value: unknown, expected: string, holds: boolean): void {
  if (!holds) throw new InvalidValueError(what, value, expected);
}

// By shape, as signals of another realm are no instances of ours.
const isSignal = (it: unknown): boolean => typeof (it as AbortSignal | null)?.throwIfAborted === "function";
