import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const conditions = ["@sluice/source"];
// One for each core: left out, Vitest leaves one of them idle, which is half of a small machine.
export const maxWorkers = Math.min(availableParallelism(), 8);
const slow = { testTimeout: 120_000, hookTimeout: 120_000 };

// What needs nothing but Node: the laws and the worked examples, and the tests of the S3 adapters, which run here
// against the embedded server. Against another one they run by vitest.real.ts; and where there is no Node, the laws are
// judged by vitest.runtimes.ts.
export default defineConfig({
  root: `${import.meta.dirname}/..`,
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    maxWorkers,
    // The SDK says at each start that it will leave Node 20.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    projects: [
      {
        extends: true,
        test: {
          name: "laws",
          include: ["packages/*/test/**/*.test.ts"],
          exclude: ["**/*.real.test.ts", "packages/runtimes/**", "**/node_modules/**"],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: "embedded",
          include: ["packages/s3-*/test/**/*.real.test.ts"],
          globalSetup: "packages/s3-gateway/test/embedded-server.ts",
          ...slow,
        },
      },
    ],
  },
});
