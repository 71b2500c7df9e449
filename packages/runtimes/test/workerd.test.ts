import { describe } from "vitest";
import { openWorkerd } from "../src/node/workerd.js";
import { holdAll } from "./hold.js";
import { opened } from "./opened.js";
import { gatewayAll } from "./through-gateway.js";
import { relayAll, transferAll } from "./transfer.js";

describe("on workerd", () => {
  const runtime = opened(openWorkerd);
  // Nothing makes workerd collect its garbage.
  holdAll(runtime, { gc: false });
  transferAll(runtime, { streams: true });
  relayAll(runtime);
  gatewayAll(runtime, { streams: true, lengths: true });
});
