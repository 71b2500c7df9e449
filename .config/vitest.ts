import { defineConfig } from "vitest/config";

// The laws and the worked examples: everything that needs nothing but Node.
export default defineConfig({
  root: `${import.meta.dirname}/..`,
  resolve: { conditions: ["@sluice/source"] },
  ssr: { resolve: { conditions: ["@sluice/source"], externalConditions: ["@sluice/source"] } },
  test: {
    include: ["packages/*/test/**/*.test.ts"],
    exclude: ["**/*.real.test.ts", "**/node_modules/**"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
