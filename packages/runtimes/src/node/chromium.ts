import { chromium } from "playwright-core";
import type { Runtime } from "../verdict.js";
import { bundle } from "./bundle.js";
import { findProgram, type Program } from "./program.js";

const CHROMIUM: Program = {
  name: "chromium",
  install: "on Debian: apt-get install --no-install-recommends chromium",
};

const ARGS = [
  "--js-flags=--expose-gc",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A page of a headless Chromium that is installed on this machine. */
export async function openChromium(): Promise<Runtime> {
  const [executablePath, content] = await Promise.all([findProgram(CHROMIUM), bundle()]);
  // Root, as in CI, has no sandbox; and the page holds nothing but our own code.
  const browser = await chromium.launch({ executablePath, chromiumSandbox: false, args: ARGS });
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ type: "module", content });
    await page.waitForFunction(() => "court" in globalThis);
    return {
      name: `Chromium ${browser.version()}`,
      titles: () => page.evaluate(() => court.titles()),
      judge: (title) => page.evaluate((one) => court.judge(one), title),
      close: () => browser.close(),
    };
  } catch (cause) {
    await browser.close();
    throw cause;
  }
}
