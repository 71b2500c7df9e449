import { describe, expect, test } from "vitest";
import { acquitted } from "../src/acquitted.js";
import { GATEWAY_LAWS, gatewayLaws } from "../src/gateway/laws.js";
import { referenceGateway } from "../src/gateway/sinners.js";

describe.each(GATEWAY_LAWS)("$id $says", (law) => {
  test("convicts each of its sinners", async () => {
    expect(await acquitted(law)).toEqual([]);
  });
});

for (const { id, run } of gatewayLaws(referenceGateway)) {
  test(`${id} acquits the reference`, () => run({ runs: 30 }));
}
