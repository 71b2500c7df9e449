import { defineConfig } from "vitest/config";
import base from "./vitest.js";

// The S3 adapters against a real server, named by SLUICE_S3_ENDPOINT and the usual AWS_* variables, and budgets under a
// real limit, which needs root.
export default defineConfig({
  ...base,
  test: {
    env: base.test?.env ?? {},
    include: ["packages/*/test/**/*.real.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
