import { type Permit, Semaphore } from "@sluice/semaphore";
import fc from "fast-check";
import { expect, test } from "vitest";

const MOST = 6;

type Step =
  | { readonly does: "acquire" | "resize" | "shrink" | "split"; readonly n: number }
  | { readonly does: "release" | "abort"; readonly n: number };

const steps = fc.array(
  fc.record({
    does: fc.constantFrom<Step["does"][]>(
      "acquire",
      "acquire",
      "release",
      "resize",
      "shrink",
      "split",
      "abort",
    ),
    n: fc.integer({ min: 1, max: MOST }),
  }),
  { maxLength: 60 },
);

/** Which permit, or which signal, a step means. */
const pick = <T>(from: readonly T[], n: number): T | undefined => from[n % Math.max(1, from.length)];

test("a capacity that goes up and down under load lends no more than it has, in order, and serves everybody in the end", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (schedule) => {
      const semaphore = new Semaphore(MOST);
      const live: Permit[] = [];
      const stops: AbortController[] = [];
      const asked: { id: number; outcome?: string }[] = [];
      const granted: number[] = [];
      const waits: Promise<void>[] = [];
      const turn = async () => {
        for (let i = 0; i < 4; i++) await Promise.resolve();
        const held = live.reduce((sum, { weight }) => sum + weight, 0);
        expect(semaphore.held).toBe(held);
      };
      for (const { does, n } of schedule) {
        const { held } = semaphore;
        if (does === "acquire") {
          const stop = new AbortController();
          const request: { id: number; outcome?: string } = { id: asked.length };
          asked.push(request);
          stops.push(stop);
          const onGrant = (permit: Permit) => {
            request.outcome = "granted";
            granted.push(request.id);
            live.push(permit);
          };
          const onRefusal = (error: unknown) => {
            request.outcome = error === "stop" ? "aborted" : (error as { code: string }).code;
          };
          waits.push(semaphore.acquire(n, { signal: stop.signal }).then(onGrant, onRefusal));
        } else if (does === "resize") semaphore.resize(n);
        else if (does === "abort") pick(stops, n)?.abort("stop");
        else if (does === "release") {
          const permit = pick(live, n);
          permit?.release();
          if (permit) live.splice(live.indexOf(permit), 1);
        } else {
          const permit = pick(live, n);
          if (permit && permit.weight > 1 && does === "split") live.push(permit.split(1));
          else permit?.shrink(Math.max(1, permit.weight - 1));
        }
        // Nothing is granted beyond the capacity; after a `resize` below it, what is held only falls.
        expect(semaphore.held).toBeLessThanOrEqual(Math.max(held, semaphore.capacity));
        await turn();
      }
      semaphore.resize(MOST);
      for (await turn(); live.length > 0; await turn()) live.shift()?.release();
      await Promise.all(waits);
      expect(semaphore.snapshot()).toMatchObject({ held: 0, waiting: 0, waitingWeight: 0 });
      expect(granted).toEqual([...granted].sort((a, b) => a - b));
      for (const { outcome } of asked) expect(["granted", "aborted", "ERR_TOO_HEAVY"]).toContain(outcome);
    }),
    { numRuns: 300 },
  );
});
