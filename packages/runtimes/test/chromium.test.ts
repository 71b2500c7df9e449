import { describe, expect, onTestFinished, test, vi } from "vitest";
import { openChromium } from "../src/node/chromium.js";
import { holdAll } from "./hold.js";
import { opened } from "./opened.js";
import { transferAll } from "./transfer.js";

describe("in Chromium", () => {
  const runtime = opened(openChromium);
  holdAll(runtime, { gc: true });
  transferAll(runtime, { streams: false });
});

test("without Chromium it says what to install", async () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("PATH", "");
  vi.stubEnv("SLUICE_CHROMIUM", "");
  await expect(openChromium()).rejects.toThrow("apt-get install --no-install-recommends chromium");
  vi.stubEnv("SLUICE_CHROMIUM", "no/such/browser");
  await expect(openChromium()).rejects.toThrow("SLUICE_CHROMIUM is no/such/browser, which is no program");
});
