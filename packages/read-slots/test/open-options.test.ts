import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ReadSlots } from "@sluice/read-slots";
import { afterEach, describe, expect, test, vi } from "vitest";

/** A response whose body sends nothing by itself. */
function silent() {
  const cancel = vi.fn();
  return { response: new Response(new ReadableStream({ cancel }, { highWaterMark: 0 })), cancel };
}

describe("a stream that was opened in a slot", () => {
  afterEach(() => vi.useRealTimers());
  const fakeTimers = () =>
    vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "clearTimeout", "clearInterval"] });

  test("loses it, and its source, to an `idleTimeout` in which nobody takes anything", async () => {
    fakeTimers();
    const slots = new ReadSlots(1);
    const { response, cancel } = silent();
    const opened = await slots.open(() => response, { idleTimeout: 100 });
    vi.advanceTimersByTime(99);
    expect(slots.snapshot().held).toBe(1);
    vi.advanceTimersByTime(1);
    expect(slots.snapshot().held).toBe(0);
    const why = { code: "ERR_STALLED", budget: "idleTimeout", milliseconds: 100 };
    await expect(opened.text()).rejects.toMatchObject(why);
    expect(cancel).toHaveBeenCalledWith(expect.objectContaining(why));
  });

  test("loses it, and its source, at the end of its `lifetime`, whoever is slow", async () => {
    fakeTimers();
    const slots = new ReadSlots(1);
    const { response, cancel } = silent();
    const opened = await slots.open(() => response, { lifetime: 100 });
    const text = opened.text();
    vi.advanceTimersByTime(99);
    expect(slots.snapshot().held).toBe(1);
    vi.advanceTimersByTime(1);
    expect(slots.snapshot().held).toBe(0);
    const why = { code: "ERR_STALLED", budget: "lifetime", milliseconds: 100 };
    await expect(text).rejects.toMatchObject(why);
    expect(cancel).toHaveBeenCalledWith(expect.objectContaining(why));
  });

  test("frees it when it is collected, and `onLeak` hears of that", async () => {
    setFlagsFromString("--expose-gc");
    const gc: () => void = runInNewContext("gc");
    const slots = new ReadSlots(1);
    const onLeak = vi.fn();
    const { response, cancel } = silent();
    await slots.open(() => response, { onLeak });
    for (let round = 0; round < 20 && onLeak.mock.calls.length === 0; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      gc();
    }
    expect(onLeak).toHaveBeenCalledExactlyOnceWith({ wrappedAt: expect.stringContaining("wrapped") });
    expect(slots.snapshot().held).toBe(0);
    expect(cancel).toHaveBeenCalledWith(expect.objectContaining({ code: "ERR_LEAKED" }));
  });

  test.each([{ idleTimeout: 0 }, { lifetime: 0 }, { onLeak: true }])(
    "is not opened with %o",
    async (options) => {
      const slots = new ReadSlots(1);
      const open = vi.fn(() => new Response("a"));
      await expect(slots.open(open, options as never)).rejects.toMatchObject({ code: "ERR_INVALID_VALUE" });
      expect([open.mock.calls.length, slots.snapshot().held]).toEqual([0, 0]);
    },
  );

  test.each(["end", "headers"] as const)(
    "is opened by a call without arguments, until its %s",
    async (until) => {
      const open = vi.fn((..._: unknown[]) => new Response("a"));
      await new ReadSlots(1).open(open, { until });
      expect(open.mock.calls).toEqual([[]]);
    },
  );
});
