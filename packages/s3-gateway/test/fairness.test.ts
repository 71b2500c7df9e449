import { MemoryBudget } from "@sluice/semaphore";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { FairLine } from "../src/admission/fair-line.js";
import type { Grant } from "../src/admission/grant.js";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const lines = (capacity: number, { maxWaiting = 100, maxShare = 1 } = {}) => {
  const budget = new MemoryBudget(capacity);
  return { budget, line: new FairLine({ budget, maxWaiting, maxShare }) };
};

/** Enters, and remembers who was let in, in their order. */
function crowd(line: FairLine) {
  const order: string[] = [];
  const grants: Grant[] = [];
  const failures: unknown[] = [];
  const enter = (name: string, weight = 1, options = {}) =>
    line.enter(weight, name, options).then(
      (grant) => {
        order.push(name);
        grants.push(grant);
        return grant;
      },
      (error: unknown) => {
        failures.push(error);
        return undefined;
      },
    );
  return { order, grants, failures, enter };
}

describe("parties in front of a budget", () => {
  it("take turns, however many requests one of them has", async () => {
    const { line } = lines(1);
    const { order, grants, enter } = crowd(line);
    for (const name of ["a", "a", "a", "a", "b", "b", "c"]) void enter(name);
    for (let n = 0; n < 7; n++) {
      await turn();
      grants[n]!.release();
    }
    expect(order.join("")).toBe("ababcaa");
  });

  it("that hold their share are passed over while others wait, and not when nobody else does", async () => {
    const { line, budget } = lines(8);
    const { order, grants, enter } = crowd(line);
    for (let n = 0; n < 12; n++) void enter("greedy");
    await turn();
    expect([budget.held, line.waiting]).toEqual([8, 4]);
    for (let n = 0; n < 6; n++) void enter("late");
    for (let n = 0; n < 5; n++) {
      grants[n]!.release();
      await turn();
    }
    // Both have four then, and the others of both wait.
    expect(order.slice(8).join(" ")).toBe("late late late late greedy");
    for (let n = 5; n < grants.length; n++) {
      grants[n]!.release();
      await turn();
    }
    expect([budget.held, line.waiting, line.parties]).toEqual([0, 0, 0]);
  });

  it("never hold more than the largest share, but always one request", async () => {
    const { line, budget } = lines(8, { maxShare: 0.5 });
    const { order, grants, enter } = crowd(line);
    for (let n = 0; n < 6; n++) void enter("one");
    await turn();
    expect([budget.held, line.waiting]).toEqual([4, 2]);
    void enter("other", 3);
    await turn();
    expect(order.at(-1)).toBe("other");
    grants[0]!.release();
    await turn();
    expect([order.at(-1), budget.held]).toEqual(["one", 7]);
    for (const grant of [...grants]) grant.release();
    await turn();
    void enter("heavy", 7);
    await turn();
    expect(order.at(-1)).toBe("heavy");
  });

  it("with the longest line make room for one that nobody of has come yet", async () => {
    const { line, budget } = lines(1, { maxWaiting: 4 });
    const { order, grants, failures, enter } = crowd(line);
    for (let n = 0; n < 6; n++) void enter("crowd");
    await turn();
    expect([line.waiting, failures.length]).toEqual([4, 1]);
    void enter("alone");
    await turn();
    expect([line.waiting, failures.length]).toEqual([4, 2]);
    expect(failures).toMatchObject([{ code: "ERR_OVERLOADED" }, { code: "ERR_OVERLOADED" }]);
    for (let n = 0; n < 5; n++) {
      grants[n]!.release();
      await turn();
    }
    expect(order).toEqual(["crowd", "alone", "crowd", "crowd", "crowd"]);
    expect([budget.held, line.waiting, line.parties]).toEqual([0, 0, 0]);
  });

  it("leave nothing behind when they give up, wherever they stand", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    try {
      const { line, budget } = lines(1);
      const { grants, failures, enter } = crowd(line);
      const stop = new AbortController();
      await enter("a");
      const waiting = [
        enter("a", 1, { timeout: 100 }),
        enter("a", 1, { signal: stop.signal }),
        enter("b", 1, { timeout: 100 }),
      ];
      expect(line.waiting).toBe(3);
      stop.abort("left");
      expect(line.waiting).toBe(2);
      await vi.advanceTimersByTimeAsync(101);
      await Promise.all(waiting);
      expect(failures).toMatchObject(["left", { code: "ERR_WAIT_TIMEOUT" }, { code: "ERR_WAIT_TIMEOUT" }]);
      expect([line.waiting, budget.waiting, line.parties]).toEqual([0, 0, 1]);
      grants[0]!.release();
      expect([budget.held, line.parties]).toEqual([0, 0]);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("are refused at once with what can never fit, and with a budget that is closed", async () => {
    const { line, budget } = lines(4);
    await expect(line.enter(5, "a")).rejects.toMatchObject({ code: "ERR_TOO_HEAVY" });
    budget.close();
    await expect(line.enter(1, "a")).rejects.toMatchObject({ code: "ERR_CLOSED" });
    await expect(line.enter(1, "a", { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    expect([line.waiting, line.parties]).toEqual([0, 0]);
  });

  it("wait behind others that the budget is shared with", async () => {
    const { line, budget } = lines(2);
    const { order, enter } = crowd(line);
    const all = await budget.acquire(2);
    const heavy = budget.acquire(2);
    void enter("a");
    await turn();
    all.release();
    (await heavy).release();
    await turn();
    expect(order).toEqual(["a"]);
  });
});

describe("under any schedule", () => {
  const NAMES = ["a", "b", "c", "d"];
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        does: fc.constant("enter"),
        who: fc.nat(3),
        weight: fc.integer({ min: 1, max: 6 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ does: fc.constant("release"), nth: fc.nat() }) },
    {
      weight: 1,
      arbitrary: fc.record({
        does: fc.constant("shrink"),
        nth: fc.nat(),
        weight: fc.integer({ min: 1, max: 6 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ does: fc.constant("abort"), nth: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ does: fc.constant("turn") }) },
  );

  it("what is held fits, is counted once, comes back, and nobody is left waiting", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 6, max: 12 }),
        fc.constantFrom(0.3, 1),
        async (steps, capacity, maxShare) => {
          const { line, budget } = lines(capacity, { maxWaiting: 8, maxShare });
          const live: Grant[] = [];
          const stops: AbortController[] = [];
          let open = 0;
          const check = () => {
            expect(budget.held).toBeLessThanOrEqual(capacity);
            expect(line.waiting).toBeLessThanOrEqual(8);
            expect(budget.waiting).toBeLessThanOrEqual(1);
          };
          for (const { does, who = 0, weight = 1, nth = 0 } of steps as readonly {
            does: string;
            who?: number;
            weight?: number;
            nth?: number;
          }[]) {
            if (does === "turn") await turn();
            else if (does === "enter") {
              const stop = new AbortController();
              stops.push(stop);
              open++;
              line
                .enter(weight, NAMES[who]!, { signal: stop.signal })
                .then((grant) => void live.push(grant))
                .catch(() => {})
                .finally(() => open--);
            } else if (does === "abort") stops[nth % (stops.length || 1)]?.abort();
            else if (does === "shrink") live[nth % (live.length || 1)]?.shrink(weight);
            else live.splice(nth % (live.length || 1), 1)[0]?.release();
            check();
          }
          // Whoever waits is served as the others leave: nobody starves.
          for (let n = 0; n < 100 && (open > 0 || live.length > 0); n++) {
            await turn();
            expect(live.reduce((sum, grant) => sum + grant.weight, 0)).toBe(budget.held);
            live.shift()?.release();
            check();
          }
          expect([open, budget.held, budget.waiting, line.waiting, line.parties]).toEqual([0, 0, 0, 0, 0]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("who holds nothing is served within one round, whatever the others ask for", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 4 })), { minLength: 5, maxLength: 40 }),
        async (asks) => {
          const { line } = lines(4);
          const { order, grants, enter } = crowd(line);
          for (const [who, weight] of asks) void enter(NAMES[who]!, weight);
          await turn();
          const before = order.length;
          void enter("d", 4);
          let released = 0;
          // The others come again as soon as they are let go.
          while (!order.includes("d")) {
            const gone = order[released]!;
            grants[released++]!.release();
            void enter(gone, 1);
            await turn();
          }
          // One stands at the budget already; then each of the others may be served once before, and what they held ends.
          expect(order.indexOf("d") - before).toBeLessThanOrEqual(1 + 3);
        },
      ),
      { numRuns: 60 },
    );
  });
});
