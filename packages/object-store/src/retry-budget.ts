import { checkInteger } from "./invalid-value.js";

export interface RetryBudgetOptions {
  /** Tokens that there are at the most, and at the begin. 500 if left out. */
  readonly tokens?: number | undefined;
  /** Tokens that a retry takes. 5 if left out. */
  readonly cost?: number | undefined;
  /** Tokens that a retry after a time-out takes. 10 if left out. */
  readonly timeoutCost?: number | undefined;
}

/**
 * What many requests to one server may spend on retries, all together. While most of them work it is always full; when
 * most fail it runs dry, and failures surface at once: a server in trouble is not sent many times its load.
 *
 * A retry takes 5 tokens of 500, or 10 after a time-out. A request that works in the end gives back what its last retry
 * took; one that works at once gives back 1. Share one among all transfers that talk to the same server.
 *
 * Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html (the standard mode's retry quota)
 *
 * @example
 * ```ts
 * const budget = new RetryBudget();
 * await retry(() => store.head(source), { budget });
 * budget.available; // => 500
 * ```
 */
export class RetryBudget {
  readonly tokens: number;
  readonly #cost: number;
  readonly #timeoutCost: number;
  #available: number;

  /** Throws `ERR_INVALID_VALUE` for what is no whole number: of `tokens` from 0 up, of the costs from 1 up. */
  constructor({ tokens = 500, cost = 5, timeoutCost = 10 }: RetryBudgetOptions = {}) {
    checkInteger("tokens", tokens, 0);
    checkInteger("cost", cost, 1);
    checkInteger("timeoutCost", timeoutCost, 1);
    this.tokens = tokens;
    this.#cost = cost;
    this.#timeoutCost = timeoutCost;
    this.#available = tokens;
  }

  /** Tokens that are left. */
  get available(): number {
    return this.#available;
  }

  /** Pays for a retry, and returns what it has cost; undefined, and nothing is paid, if that is not there. Never waits. */
  tryPay(why: { readonly timedOut: boolean }): number | undefined {
    const cost = why.timedOut ? this.#timeoutCost : this.#cost;
    if (cost > this.#available) return undefined;
    this.#available -= cost;
    return cost;
  }

  /** To be called for a request that has worked, with what its last retry has cost, or with 1 if it needed none. */
  giveBack(tokens: number): void {
    checkInteger("tokens", tokens, 0);
    this.#available = Math.min(this.tokens, this.#available + tokens);
  }
}
