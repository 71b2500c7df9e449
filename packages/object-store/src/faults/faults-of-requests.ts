import { StoreError } from "../errors.js";
import { checkInteger, InvalidValueError } from "../invalid-value.js";
import type { Fault, FaultWhen, StoreCall } from "./fault.js";

export const networkError = (what: string) => () => new StoreError("NetworkError", what);

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

/** The calls are begun only when the promise that `until` returns has settled; an abort ends the wait. */
export const slow = (
  on: FaultWhen["on"],
  until: (call: StoreCall) => PromiseLike<unknown>,
  when?: FaultWhen["when"],
): Fault => ({
  on,
  when,
  do: "delay",
  until,
});

/**
 * The calls are begun so many milliseconds later, by your clock: a fake one in a test, `setTimeout` in a demo.
 *
 * @example
 * ```ts
 * faulty(store, [latency("get", ({ nth }) => 10 * nth, (ms) => clock.sleep(ms))]);
 * ```
 */
export const latency = (
  on: FaultWhen["on"],
  milliseconds: number | ((call: StoreCall) => number),
  sleep: (milliseconds: number) => PromiseLike<unknown>,
  when?: FaultWhen["when"],
): Fault =>
  slow(on, (call) => sleep(typeof milliseconds === "number" ? milliseconds : milliseconds(call)), when);

const tooFast = (retryAfter: number | undefined) => () =>
  new StoreError("SlowDown", "please reduce your request rate", { status: 503, retryAfter });

/** The first calls are answered 503 SlowDown. `retryAfter` in milliseconds. */
export const slowDown = (
  on: FaultWhen["on"],
  options: { times?: number; retryAfter?: number } = {},
): Fault => ({
  on,
  when: ({ nth }) => nth <= (options.times ?? 1),
  do: "fail",
  error: tooFast(options.retryAfter),
});

/**
 * Of every so many calls the last is answered 503 SlowDown, or the last few, as by a server that counts. `retryAfter` in
 * milliseconds.
 *
 * @example
 * ```ts
 * faulty(store, [throttle("putPart", { every: 10, burst: 3 })]); // refuses the calls 8, 9, 10, 18, 19, 20, …
 * ```
 */
export function throttle(
  on: FaultWhen["on"],
  { every, burst = 1, retryAfter }: { every: number; burst?: number; retryAfter?: number },
): Fault {
  checkInteger("every", every, 1);
  checkInteger("burst", burst, 1);
  if (burst > every) throw new InvalidValueError("burst", burst, `at most ${every}, as many as there are`);
  const when = ({ nth }: StoreCall) => (nth - 1) % every >= every - burst;
  return { on, when, do: "fail", error: tooFast(retryAfter) };
}

/**
 * From then on every call is refused with `ExpiredToken`, until `renewed` says that there are new credentials. It is
 * retryable: who asks again may have them by then.
 *
 * @example
 * ```ts
 * faulty(store, [expireCredentials(5)]); // the sixth call of any method is the first that is refused
 * ```
 */
export function expireCredentials(after: number, renewed: () => boolean = () => false): Fault {
  checkInteger("after", after, 0);
  return {
    on: "*",
    when: ({ nth }) => nth > after && !renewed(),
    do: "fail",
    error: () => new StoreError("ExpiredToken", "the provided token has expired", { status: 400 }),
  };
}
