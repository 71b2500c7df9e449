import { StoreError } from "../errors.js";
import type { ObjectStore } from "../store.js";

export type StoreMethod = Exclude<keyof ObjectStore, "limits" | "buckets">;

/** One call of a store's method. */
export interface StoreCall {
  readonly method: StoreMethod;
  readonly args: readonly unknown[];
  /** Which call of this fault's methods it is, from 1. */
  readonly nth: number;
}

interface FaultWhen {
  /** The methods that it strikes. */
  readonly on: StoreMethod | readonly StoreMethod[];
  /** Strikes only this call of these methods, from 1, or only those of which the function says so. */
  readonly when?: number | ((call: StoreCall) => boolean) | undefined;
}

/** What goes wrong, and when. */
export type Fault = FaultWhen &
  (
    | { readonly do: "fail"; readonly error: () => unknown }
    | { readonly do: "hang" }
    | { readonly do: "lose-answer"; readonly error: () => unknown }
    | { readonly do: "delay"; readonly until: () => PromiseLike<unknown> }
    | { readonly do: "truncate"; readonly after: number; readonly ending: "error" | "end" }
    | { readonly do: "flip-bit"; readonly at: number }
  );

const networkError = (what: string) => () => new StoreError("NetworkError", what);

/** The first call fails, by default with a retryable `NetworkError`, and nothing is done. */
export const failOnce = (on: FaultWhen["on"], error?: unknown): Fault => ({
  on,
  when: 1,
  do: "fail",
  error: error === undefined ? networkError("the connection was refused") : () => error,
});

/** Every call fails, or every call of which `when` says so; the error is made anew each time. */
export const fail = (on: FaultWhen["on"], error: () => unknown, when?: FaultWhen["when"]): Fault => ({
  on,
  when,
  do: "fail",
  error,
});

/** The calls never answer, until their signal aborts. */
export const hang = (on: FaultWhen["on"], when?: FaultWhen["when"]): Fault => ({ on, when, do: "hang" });

/** The store does what it was asked, but the answer is lost: a `NetworkError`. By default only the first time. */
export const loseAnswer = (on: FaultWhen["on"], when: FaultWhen["when"] = 1): Fault => ({
  on,
  when,
  do: "lose-answer",
  error: networkError("the connection was reset before the answer"),
});

/** The first calls are answered 503 SlowDown. `retryAfter` in milliseconds. */
export const slowDown = (
  on: FaultWhen["on"],
  options: { times?: number; retryAfter?: number } = {},
): Fault => ({
  on,
  when: ({ nth }) => nth <= (options.times ?? 1),
  do: "fail",
  error: () =>
    new StoreError("SlowDown", "please reduce your request rate", {
      status: 503,
      retryAfter: options.retryAfter,
    }),
});

/** The calls are begun only when the promise that `until` returns has settled. */
export const slow = (
  on: FaultWhen["on"],
  until: () => PromiseLike<unknown>,
  when?: FaultWhen["when"],
): Fault => ({
  on,
  when,
  do: "delay",
  until,
});

/** The body that `get` returns breaks off after so many bytes: with an error, or as if it were at its end. */
export const truncate = (
  after: number,
  options: { ending?: "error" | "end"; when?: FaultWhen["when"] } = {},
): Fault => ({
  on: "get",
  when: options.when ?? 1,
  do: "truncate",
  after,
  ending: options.ending ?? "error",
});

/** The lowest bit of the byte at this index of the body is wrong: on its way in, or out for `get`. Once by default. */
export const flipBit = (on: "get" | "put" | "putPart", at = 0, when: FaultWhen["when"] = 1): Fault => ({
  on,
  when,
  do: "flip-bit",
  at,
});
