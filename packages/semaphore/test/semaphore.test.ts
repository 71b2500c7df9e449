import { Semaphore } from "@sluice/semaphore";
import { expect, test } from "vitest";

test("a release serves whoever fits", async () => {
  const s = new Semaphore(2);
  const p = await s.acquire(2);
  const q = s.acquire(1);
  p.release();
  expect((await q).weight).toBe(1);
});
