import { gatewayLaws } from "@sluice/laws";
import { MemoryStore } from "@sluice/object-store";
import { describe, test } from "vitest";
import { judged } from "./judged.js";

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
