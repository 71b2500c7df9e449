import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import base from "./vitest.js";

// The worked examples first, those of the very package before all others: they convict most mutants within
// milliseconds, and the first failure ends the run. What plays schedules comes late, and what serves over sockets last.
const SLOW = [
  /(merge|broadcast|turns|node-streams|under-load|endings|responses)\.test/,
  /\.laws\.test/,
  /(hono|parsers)\.test/,
  /middleware-of-node\.test/,
];

class QuickestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) =>
      /\/(channel|semaphore|release|read-slots|exchange|limit-[a-z]+)\.test/.test(moduleId)
        ? -2
        : SLOW.findIndex((name) => name.test(moduleId));
    return files.toSorted((one, other) => rank(one) - rank(other));
  }
}

// The tests of one package, which Stryker names, against one mutant after the other.
export default defineConfig({
  ...base,
  test: {
    include: ["**/test/**/*.test.ts"],
    exclude: [
      "**/*.real.test.ts",
      "**/*.types.test.ts",
      "**/crowd.test.ts",
      "**/hono-on-workers.test.ts",
      "**/node_modules/**",
    ],
    // Hundreds of mutants, each with the same few schedules, and no verdict by the clock: a survivor must be one
    // tomorrow as well, and whoever is convicted must have done something.
    env: {
      SLUICE_LAW_RUNS: "20",
      SLUICE_LAW_SEED: "1",
      SLUICE_LAW_OPERATIONS: "2",
      SLUICE_LAWS_WITHOUT: "statistical",
    },
    setupFiles: `${import.meta.dirname}/seed.ts`,
    sequence: { sequencer: QuickestFirst },
    // A law takes less than a fifth of this.
    testTimeout: 3_000,
    // To load every file anew for every mutant would take longer than the tests.
    isolate: false,
  },
});
