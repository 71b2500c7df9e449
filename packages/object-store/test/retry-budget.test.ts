import { RetryBudget, retry, StoreError } from "@sluice/object-store";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const broken = new StoreError("NetworkError", "connection reset");
const late = new StoreError("RequestTimeout", "too slow", { status: 400 });
const AT_ONCE = { baseDelay: 0 };

const failing =
  (...errors: unknown[]) =>
  (tries: number): Promise<number> =>
    tries <= errors.length ? Promise.reject(errors[tries - 1]) : Promise.resolve(tries);

async function finish<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  await vi.runAllTimersAsync();
  return work;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a retry budget", () => {
  test("pays 5 tokens for a retry, 10 after a time-out, and has the last one back when it has worked", async () => {
    const budget = new RetryBudget();
    const left: number[] = [];
    const onRetry = () => void left.push(budget.available);
    await finish(retry(failing(broken, late, broken), { ...AT_ONCE, budget, onRetry }));
    expect(left).toEqual([495, 485, 480]);
    expect(budget.available).toBe(485);
  });

  test("takes a time-out for one wherever the runtime has put its name", async () => {
    for (const error of [
      late,
      new StoreError("NetworkError", "no answer", { cause: { code: "ETIMEDOUT" } }),
      { retryable: true, code: "TimeoutError" },
    ]) {
      const budget = new RetryBudget({ tokens: 10 });
      const left: number[] = [];
      await finish(retry(failing(error), { ...AT_ONCE, budget, onRetry: () => left.push(budget.available) }));
      expect(left).toEqual([0]);
    }
  });

  test("has 1 back for what works at once, and never more than it began with", async () => {
    const budget = new RetryBudget({ tokens: 20 });
    await expect(finish(retry(failing(broken, broken), { ...AT_ONCE, budget, attempts: 2 }))).rejects.toBe(
      broken,
    );
    expect(budget.available).toBe(15);
    for (let i = 0; i < 9; i++) await finish(retry(failing(), { budget }));
    expect(budget.available).toBe(20);
  });

  test("that is spent lets a failure surface at once, untouched, for all who share it", async () => {
    const budget = new RetryBudget({ tokens: 12 });
    const tries = vi.fn(failing(...Array.from({ length: 99 }, () => broken)));
    await expect(finish(retry(tries, { ...AT_ONCE, budget, attempts: 99 }))).rejects.toBe(broken);
    expect(tries).toHaveBeenCalledTimes(3);
    const other = vi.fn(failing(broken));
    await expect(finish(retry(other, { ...AT_ONCE, budget }))).rejects.toBe(broken);
    expect(other).toHaveBeenCalledTimes(1);
    expect(budget.available).toBe(2);
  });

  test("bounds what a dead server is sent: never more retries than tokens pay for", () =>
    fc.assert(
      fc.asyncProperty(fc.nat(200), fc.integer({ min: 1, max: 40 }), async (tokens, requests) => {
        const budget = new RetryBudget({ tokens });
        let tries = 0;
        const dead = () => {
          tries++;
          return Promise.reject(broken);
        };
        const all = Array.from({ length: requests }, () => retry(dead, { ...AT_ONCE, budget }));
        await finish(Promise.allSettled(all));
        expect(tries).toBe(requests + Math.min(4 * requests, Math.floor(tokens / 5)));
      }),
      { numRuns: 50 },
    ));

  test.each([{ tokens: -1 }, { tokens: 1.5 }, { cost: 0 }, { timeoutCost: Number.NaN }])(
    "refuses %o",
    (options) => {
      expect(() => new RetryBudget(options)).toThrow(expect.objectContaining({ code: "ERR_INVALID_VALUE" }));
    },
  );
});

test("an expired token and a clock that is off are worth another try, other refusals are not", () => {
  const refused = (code: string) => new StoreError(code, "no", { status: 403 }).retryable;
  expect(["ExpiredToken", "RequestTimeTooSkewed"].map(refused)).toEqual([true, true]);
  expect(["AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId"].map(refused)).toEqual([
    false,
    false,
    false,
  ]);
});
