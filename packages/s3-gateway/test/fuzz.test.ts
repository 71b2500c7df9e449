import fc from "fast-check";
import { describe, it } from "vitest";
import { TARGETS } from "../fuzz/targets.js";

// A few inputs of each kind, always the same: `pnpm fuzz` tries others, for as long as it is let.

describe("what nobody should send", () => {
  it.each(TARGETS)("does no harm: $name", async ({ open, runs }) => {
    const { property, close } = await open();
    try {
      await fc.assert(property, { seed: 1, numRuns: Math.ceil(runs / 10) });
    } finally {
      await close();
    }
  });
});
