import { type AdmitOptions, type Admitting, InvalidValueError, type TimeBudgets } from "@sluice/release";

//  A request
//
//  asked ──declares more than maxBody──▶ refused, 413
//    └──weighed──0──▶ admitted, unpaid
//          └──waits for the budget──granted──▶ admitted, with its permit
//                ├──timeout, line full, closed──▶ refused, 503
//                ├──heavier than the budget─────▶ refused, 413
//                └──client left, other errors───▶ rejected

/** What a middleware holds requests to. The same words for each framework; `Request` is the framework's own. */
export interface AdmissionOptions<Request> extends TimeBudgets {
  /** What the requests are paid from, such as a `MemoryBudget` of `@sluice/semaphore`. Share it with others. */
  budget: Admitting<AdmitOptions>;
  /**
   * How many bytes of the budget a request holds while it is in flight. It is asked before the body is read. With 0 a
   * request is let through unpaid. A weight above the whole capacity is answered with 413; what is no whole number of
   * bytes is an error of the program.
   */
  weigh: (request: Request) => number | PromiseLike<number>;
  /** Milliseconds that a request waits in line at the most, before it is answered with 503. 10,000 if left out. */
  timeout?: number | undefined;
  /** Seconds after which a refused client is told to come again, where the budget does not say. 1 if left out. */
  retryAfter?: number | undefined;
  /** Bytes that a request body may have. One that declares more is answered with 413 before it is read. */
  maxBody?: number | undefined;
}

/** An answer in place of the handler's. */
export interface Refusal {
  readonly status: 413 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface Permit {
  release(): void;
}

/** Decides on one request after the other, for whatever framework. */
export class Admission<Request> {
  readonly maxBody: number | undefined;
  /** For `releaseOnEnd` and `releaseOnResponse`. */
  readonly timeBudgets: TimeBudgets;
  readonly #options: AdmissionOptions<Request>;

  /** Throws `ERR_INVALID_VALUE` for options with which no request could be judged. */
  constructor(options: AdmissionOptions<Request>) {
    check("options", options, "an object", options !== null && typeof options === "object");
    const { budget, weigh, timeout, retryAfter, maxBody, idleTimeout, lifetime } = options;
    check("budget", budget, "something to acquire from", typeof budget?.acquire === "function");
    check("weigh", weigh, "a function", typeof weigh === "function");
    checkTime("timeout", timeout, 0);
    checkTime("idleTimeout", idleTimeout, 1);
    checkTime("lifetime", lifetime, 1);
    check(
      "retryAfter",
      retryAfter,
      "a whole number of seconds",
      retryAfter === undefined || isCount(retryAfter),
    );
    check("maxBody", maxBody, "a whole number of bytes", maxBody === undefined || isCount(maxBody));
    this.#options = options;
    this.maxBody = maxBody;
    this.timeBudgets = { idleTimeout, lifetime };
  }

  /**
   * Decides on a request with a body of the declared length, if it declares one.
   *
   * - **Order:** that of the budget, from when `weigh` has answered.
   * - **Abort:** rejects with `signal.reason`; nothing is held.
   * - **Errors:** what `weigh` throws; `ERR_INVALID_VALUE` for what it returns; those of the budget, but for the
   *   ones that the client is told.
   */
  async enter(
    request: Request,
    declared: number | undefined,
    signal: AbortSignal,
  ): Promise<Permit | Refusal> {
    const { maxBody = Number.POSITIVE_INFINITY } = this;
    if ((declared ?? 0) > maxBody) return tooLarge(maxBody);
    const { budget, weigh, timeout = 10_000, retryAfter = 1 } = this.#options;
    const weight = await weigh(request);
    check("weight", weight, "a whole number of bytes", isCount(weight));
    signal.throwIfAborted();
    if (weight === 0) return UNPAID;
    let permit: Permit;
    try {
      permit = await budget.acquire(weight, { signal, timeout });
    } catch (error) {
      const refusal = signal.aborted ? undefined : refusalFor(error, retryAfter);
      if (refusal) return refusal;
      throw error;
    }
    // Granted, and left in the same turn.
    if (signal.aborted) permit.release();
    signal.throwIfAborted();
    return permit;
  }
}

const UNPAID: Permit = { release() {} };

/** The answer to a request with a body larger than allowed. */
export const tooLarge = (limit: number): Refusal =>
  refusal(413, `The request may have ${limit} bytes at most.\n`);

function refusalFor(error: unknown, retryAfter: number): Refusal | undefined {
  const { code, retryAfter: known } = Object(error) as { code?: unknown; retryAfter?: unknown };
  if (code === "ERR_TOO_HEAVY") return refusal(413, "The request needs more memory than there is.\n");
  if (code !== "ERR_WAIT_TIMEOUT" && code !== "ERR_OVERLOADED" && code !== "ERR_CLOSED") return undefined;
  const seconds = typeof known === "number" ? Math.ceil(known / 1_000) : retryAfter;
  return refusal(503, "Too much is in progress. Try again later.\n", { "retry-after": `${seconds}` });
}

const refusal = (status: 413 | 503, text: string, headers?: Record<string, string>): Refusal => ({
  status,
  text,
  headers: { "content-type": "text/plain; charset=utf-8", "content-length": `${text.length}`, ...headers },
});

export const isRefusal = (verdict: Permit | Refusal): verdict is Refusal => "status" in verdict;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

// The longest delay that timers keep: above it, they fire at once.
const LONGEST = 2 ** 31 - 1;

function checkTime(what: string, value: number | undefined, least: number): void {
  const right = value === undefined || (Number.isInteger(value) && value >= least && value <= LONGEST);
  check(what, value, `whole milliseconds from ${least} to ${LONGEST}`, right);
}

function check(what: string, value: unknown, expected: string, right: boolean): void {
  if (!right) throw new InvalidValueError(what, value, expected);
}
