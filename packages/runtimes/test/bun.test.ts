import { describe } from "vitest";
import { openBun } from "../src/node/serving.js";
import { holdAll } from "./hold.js";
import { opened } from "./opened.js";
import { gatewayAll } from "./through-gateway.js";
import { relayAll, transferAll } from "./transfer.js";

describe("on Bun", () => {
  const runtime = opened(openBun);
  // It may take anything on its stack for a reference, so that nothing says what is garbage.
  holdAll(runtime, { gc: false });
  transferAll(runtime, { streams: true });
  relayAll(runtime);
  gatewayAll(runtime, { streams: true, lengths: false });
});
