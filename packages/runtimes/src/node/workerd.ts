import { Miniflare } from "miniflare";
import type { ServingRuntime } from "../verdict.js";
import { askedAt } from "./asked.js";
import { bundle } from "./bundle.js";

// Streams as the web standards have them, which is how a new project gets them.
const COMPATIBLE_AS_OF = "2026-04-01";

/** Cloudflare's runtime for Workers, with nothing of Node in it. */
export async function openWorkerd(): Promise<ServingRuntime> {
  const worker = new Miniflare({
    modules: true,
    script: await bundle(),
    compatibilityDate: COMPATIBLE_AS_OF,
    host: "127.0.0.1",
    cf: false,
  });
  const { origin } = await worker.ready;
  return {
    name: `workerd, compatible as of ${COMPATIBLE_AS_OF}`,
    ...askedAt(origin),
    close: () => worker.dispose(),
  };
}
