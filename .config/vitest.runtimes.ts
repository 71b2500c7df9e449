import { defineConfig } from "vitest/config";
import base, { maxWorkers } from "./vitest.js";

// The laws and the S3 adapters where there is no Node: on workerd, Bun and Deno, which come with the packages, and in
// Chromium, which must be installed.
export default defineConfig({
  ...base,
  test: {
    maxWorkers,
    include: ["packages/runtimes/test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
