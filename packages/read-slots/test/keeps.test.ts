import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ReadSlots } from "@sluice/read-slots";
import { expect, test } from "vitest";

setFlagsFromString("--expose-gc");
const gc: () => void = runInNewContext("gc");

async function collected(item: WeakRef<object>): Promise<boolean> {
  for (let round = 0; round < 50 && item.deref() !== undefined; round++) {
    await new Promise((resolve) => setImmediate(resolve)); // what was looked at lives until the end of the task
    gc();
  }
  return item.deref() === undefined;
}

async function reads(slots: ReadSlots): Promise<WeakRef<object>> {
  const task = () => undefined;
  await slots.forEach([1, 2, 3], task);
  return new WeakRef(task);
}

test("nothing is kept of a reading that is over, for as long as its slots are used", async () => {
  const slots = new ReadSlots(2);
  expect(await collected(await reads(slots))).toBe(true);
  expect(slots.snapshot().read).toBe(3);
});
