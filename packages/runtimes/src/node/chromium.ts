import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
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
  const [browser, origin] = await Promise.all([
    chromium.launch({ executablePath, chromiumSandbox: false, args: ARGS }),
    serveNothing(),
  ]);
  const close = () => Promise.all([browser.close(), origin.close()]).then(() => {});
  try {
    const page = await browser.newPage();
    await page.goto(origin.url);
    await page.addScriptTag({ type: "module", content });
    await page.waitForFunction(() => "court" in globalThis);
    return {
      name: `Chromium ${browser.version()}`,
      titles: () => page.evaluate(() => court.titles()),
      judge: (title) => page.evaluate((one) => court.judge(one), title),
      transfer: (name, server) => page.evaluate((args) => court.transfer(...args), [name, server] as const),
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** An empty page. Only what comes from somewhere has an origin, and may use all that browsers have. */
async function serveNothing(): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
