import { StoreError } from "../errors.js";
import type { Fault, FaultWhen } from "./fault.js";
import { networkError } from "./faults-of-requests.js";

/** The store does what it was asked, but the answer is lost: a `NetworkError`. By default only the first time. */
export const loseAnswer = (on: FaultWhen["on"], when: FaultWhen["when"] = 1): Fault => ({
  on,
  when,
  do: "lose-answer",
  error: networkError("the connection was reset before the answer"),
});

/**
 * The answer is a page of HTML, as load balancers send them: nothing but the status can be made of it. Nothing was done;
 * with a status of 200, what was asked was done. By default 502, and only the first time.
 *
 * @example
 * ```ts
 * faulty(store, [garble("completeMultipart", { status: 503 })]); // retryable, by its status
 * ```
 */
export const garble = (
  on: FaultWhen["on"],
  { status = 502, when = 1 }: { status?: number; when?: FaultWhen["when"] } = {},
): Fault => ({
  on,
  when,
  do: status === 200 ? "lose-answer" : "fail",
  error: () => new StoreError("UnknownError", "the answer is no XML: <html><body>Bad", { status }),
});

/**
 * The answer begins with 200 and is an `InternalError` in the end, as S3 may answer where it takes its time. Nothing was
 * done, and it is retryable. By default only the first time.
 *
 * @example
 * ```ts
 * faulty(store, [failAfterOk("completeMultipart")]);
 * ```
 */
export const failAfterOk = (
  on: "completeMultipart" | "copy" | readonly ("completeMultipart" | "copy")[],
  when: FaultWhen["when"] = 1,
): Fault => ({
  on,
  when,
  do: "fail",
  error: () => new StoreError("InternalError", "we encountered an internal error", { status: 200 }),
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

/**
 * A listing lacks what was made last: by so many of the writes through this store that it would show, one unless told.
 * What was deleted is gone at once.
 *
 * @example
 * ```ts
 * faulty(store, [lag("listParts", { writes: 2 })]); // lists no part that is among the last two
 * ```
 */
export const lag = (
  on: "list" | "listParts" | "listMultiparts",
  { writes = 1, when }: { writes?: number; when?: FaultWhen["when"] } = {},
): Fault => ({ on, when, do: "lag", writes });
