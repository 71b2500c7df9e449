import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";
import type { Runtime } from "../verdict.js";
import { bundle } from "./bundle.js";

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
  const [executablePath, content] = await Promise.all([findChromium(), bundle()]);
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

/**
 * The program that `SLUICE_CHROMIUM` names, or else the `chromium` of the path.
 *
 * - **Order:** looks through the path from its beginning.
 * - **Abort:** cannot be stopped.
 * - **Errors:** rejects if there is none, and says how to get one.
 */
async function findChromium(): Promise<string> {
  const { SLUICE_CHROMIUM: named, PATH = "" } = process.env;
  const candidates = named ? [named] : PATH.split(delimiter).map((folder) => join(folder, "chromium"));
  for (const candidate of candidates) {
    const runs = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return candidate;
  }
  throw new Error(
    `${named ? `SLUICE_CHROMIUM is ${named}, which is no program` : "there is no chromium on the PATH"}: ` +
      "install it (on Debian: apt-get install --no-install-recommends chromium), or name one with SLUICE_CHROMIUM",
  );
}
