import { retry, StoreError } from "@sluice/object-store";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const slow = (retryAfter?: number) => new StoreError("SlowDown", "later", { status: 503, retryAfter });
const broken = new StoreError("NetworkError", "connection reset");
const lost = new StoreError("NoSuchKey", "no such key", { status: 404 });

/** Fails with the given errors in turn, then resolves with the number of the try. */
const failing =
  (...errors: unknown[]) =>
  (tries: number): Promise<number> =>
    tries <= errors.length ? Promise.reject(errors[tries - 1]) : Promise.resolve(tries);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("retry", () => {
  test("returns the first success without a timer", async () => {
    await expect(retry(failing())).resolves.toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("tries again after a retryable failure, and waits twice as long each time", async () => {
    const delays: number[] = [];
    const result = retry(failing(broken, broken, broken, broken), {
      random: () => 0.5,
      onRetry: ({ delay }) => delays.push(delay),
    });
    await vi.runAllTimersAsync();
    await expect(result).resolves.toBe(5);
    expect(delays).toEqual([50, 100, 200, 400]);
  });

  test("starts at half a second when the store throttles", async () => {
    const delays: number[] = [];
    const result = retry(failing(slow(), slow()), {
      random: () => 1,
      onRetry: ({ delay }) => delays.push(delay),
    });
    await vi.runAllTimersAsync();
    await result;
    expect(delays).toEqual([500, 1000]);
  });

  test("waits at least as long as the store asks, but never above maxDelay", async () => {
    const delays: number[] = [];
    const result = retry(failing(slow(3_000), slow(999_000)), {
      random: () => 0,
      maxDelay: 5_000,
      onRetry: ({ delay }) => delays.push(delay),
    });
    await vi.runAllTimersAsync();
    await result;
    expect(delays).toEqual([3_000, 5_000]);
  });

  test("surfaces the last error untouched when the tries are used up", async () => {
    const last = slow();
    const result = retry(failing(broken, broken, last), { attempts: 3 });
    const outcome = expect(result).rejects.toBe(last);
    await vi.runAllTimersAsync();
    await outcome;
  });

  test.each([
    ["a store's refusal", lost],
    ["a plain error", new TypeError("bug")],
    ["a string", "no"],
    ["null", null],
  ])("does not retry %s", async (_name, error) => {
    const attempt = vi.fn(failing(error));
    await expect(retry(attempt)).rejects.toBe(error);
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  test("retries any error whose retryable is true, whatever its class", async () => {
    const result = retry(failing({ retryable: true }, { retryable: "yes" }));
    const outcome = expect(result).rejects.toEqual({ retryable: "yes" });
    await vi.runAllTimersAsync();
    await outcome;
  });

  test("an abort during a delay rejects at once with its reason and leaves no timer and no listener", async () => {
    const stop = new AbortController();
    const add = vi.spyOn(stop.signal, "addEventListener");
    const remove = vi.spyOn(stop.signal, "removeEventListener");
    const attempt = vi.fn(failing(broken, broken, broken));
    const result = retry(attempt, { signal: stop.signal, random: () => 1 });
    const outcome = expect(result).rejects.toBe("enough");
    await vi.advanceTimersByTimeAsync(100); // the first delay ends, the second begins
    stop.abort("enough");
    await outcome;
    expect(vi.getTimerCount()).toBe(0);
    expect(attempt).toHaveBeenCalledTimes(2);
    expect(add).toHaveBeenCalledTimes(2);
    expect(remove).toHaveBeenCalledTimes(1); // the second listener was `once`, and has fired
  });

  test("an abort before the first try tries nothing", async () => {
    const attempt = vi.fn(failing());
    await expect(retry(attempt, { signal: AbortSignal.abort("early") })).rejects.toBe("early");
    expect(attempt).not.toHaveBeenCalled();
  });

  test("an abort during a try wins over the retryable error that it ends with", async () => {
    const stop = new AbortController();
    const attempt = () => {
      stop.abort("gone");
      return Promise.reject(broken);
    };
    await expect(retry(attempt, { signal: stop.signal })).rejects.toBe("gone");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("an abort from within onRetry is not missed", async () => {
    const stop = new AbortController();
    const result = retry(failing(broken), { signal: stop.signal, onRetry: () => stop.abort("from inside") });
    await expect(result).rejects.toBe("from inside");
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    { attempts: 0 },
    { attempts: 1.5 },
    { attempts: Number.NaN },
    { baseDelay: -1 },
    { maxDelay: Number.POSITIVE_INFINITY },
  ])("refuses %o before the first try", async (options) => {
    const attempt = vi.fn(failing());
    await expect(retry(attempt, options)).rejects.toMatchObject({ code: "ERR_INVALID_VALUE" });
    expect(attempt).not.toHaveBeenCalled();
  });
});
