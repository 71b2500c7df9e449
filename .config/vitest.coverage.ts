import { defineConfig } from "vitest/config";
import base from "./vitest.js";

// Every branch of the primitives that are finished, taken by their own tests and by the laws. What no test can reach says why, at
// the spot: `/* v8 ignore next -- why */`.
export default defineConfig({
  ...base,
  test: {
    include: ["packages/{semaphore,channel,release,read-slots}/test/**/*.test.ts"],
    exclude: ["**/*.real.test.ts", "**/node_modules/**"],
    testTimeout: 60_000,
    coverage: {
      provider: "v8",
      include: ["packages/{semaphore,channel,release,read-slots}/src/**/*.ts"],
      reporter: ["text"],
      thresholds: { branches: 100, perFile: true },
    },
  },
});
