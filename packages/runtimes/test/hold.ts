import { expect, test } from "vitest";
import { TRIALS } from "../src/trials.js";
import type { Runtime } from "../src/verdict.js";

/** A test for each trial that can be held in the runtime. */
export function holdAll(runtime: () => Runtime, { gc }: { readonly gc: boolean }): void {
  test("the same trials are held there as are known here", async () => {
    expect(await runtime().titles()).toEqual(TRIALS.map(({ title }) => title));
  });

  test("what is no trial there is no verdict on a law", async () => {
    expect(await runtime().judge("R0: there is none")).toMatchObject({ outcome: "failed" });
  });

  for (const { title, expects } of TRIALS.filter(({ needs }) => needs !== "gc" || gc)) {
    test(title, async () => {
      const { outcome, says } = await runtime().judge(title);
      expect(outcome, says).toBe(expects);
    });
  }
}
