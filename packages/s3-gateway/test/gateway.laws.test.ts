import { gatewayLaws } from "@sluice/laws";
import { MemoryStore } from "@sluice/object-store";
import { serve } from "@sluice/s3-gateway/node";
import { describe, test } from "vitest";
import { gatewayOf, judged } from "./judged.js";

async function inMemory() {
  const store = new MemoryStore({ limits: { minPartSize: 4 } });
  await store.buckets.create("bucket");
  return judged({ store });
}

for (const [where, make, runs] of [
  ["over the kit's own store", () => judged(), 40],
  ["over a MemoryStore", inMemory, 15],
] as const) {
  describe(where, () => {
    for (const { id, says, run } of gatewayLaws(make)) test(`${id} ${says}`, () => run({ runs }));
  });
}

const overHttp = () =>
  judged({
    gateway: async (options) => {
      const serving = await serve(gatewayOf(options), { port: 0, graceTimeout: 100 });
      return { fetch: (request) => fetch(request), origin: serving.url, close: () => serving.close() };
    },
  });

// Between two sockets nobody can say who holds which byte, and no client of the platform sends what is malformed.
const HELD = "sockets hold bytes as well";
const LAWFUL = "fetch sends no such headers and bodies";
const waivers = { G1: HELD, G2: HELD, G3: HELD, G4: HELD, G5: HELD, G7: LAWFUL, G8: HELD, G9: LAWFUL };

describe("over HTTP", () => {
  for (const { id, says, waived, run } of gatewayLaws(overHttp, waivers))
    if (waived === undefined) test(`${id} ${says}`, () => run({ runs: 10 }));
});
