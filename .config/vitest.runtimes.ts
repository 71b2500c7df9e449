import { defineConfig } from "vitest/config";
import base from "./vitest.js";

// The laws where there is no Node: on workerd, which comes with the packages, and in Chromium, which must be installed.
export default defineConfig({
  ...base,
  test: {
    include: ["packages/runtimes/test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
