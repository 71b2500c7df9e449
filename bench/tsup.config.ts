import { join } from "node:path";
import { defineConfig } from "tsup";

// The process that measures, as plain JavaScript: every Node runs it, and starts it fast. Packages stay outside.
export default defineConfig({
  entry: [join(import.meta.dirname, "src/run/child.ts")],
  outDir: join(import.meta.dirname, "dist"),
  format: "esm",
  target: "es2022",
  clean: true,
  skipNodeModulesBundle: true,
});
