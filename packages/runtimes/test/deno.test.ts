import { describe, expect, onTestFinished, test, vi } from "vitest";
import { openDeno } from "../src/node/serving.js";
import { holdAll } from "./hold.js";
import { opened } from "./opened.js";
import { gatewayAll } from "./through-gateway.js";
import { relayAll, transferAll } from "./transfer.js";

describe("on Deno", () => {
  const runtime = opened(openDeno);
  // Its garbage is collected by V8, as in Chromium, where it is looked at.
  holdAll(runtime, { gc: false });
  transferAll(runtime, { streams: false });
  relayAll(runtime);
  gatewayAll(runtime, { streams: false, lengths: true });
});

test("what is named as Deno, and is no program, is told", async () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("SLUICE_DENO", "no/such/deno");
  await expect(openDeno()).rejects.toThrow("SLUICE_DENO is no/such/deno, which is no program");
});
