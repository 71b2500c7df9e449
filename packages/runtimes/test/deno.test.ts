import { describe } from "vitest";
import { openDeno } from "../src/node/serving.js";
import { holdAll } from "./hold.js";
import { opened } from "./opened.js";
import { relayAll, transferAll } from "./transfer.js";

describe("on Deno", () => {
  const runtime = opened(openDeno);
  // Its garbage is collected by V8, as in Chromium, where it is looked at.
  holdAll(runtime, { gc: false });
  transferAll(runtime, { streams: false });
  relayAll(runtime);
});
