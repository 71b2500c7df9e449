import { WaitingLine } from "@sluice/semaphore";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A line in which a party may stand that has places elsewhere too, and what was heard of it. */
function standing(options?: { signal?: AbortSignal; timeout?: number }) {
  const heard: unknown[] = [];
  const line = new WaitingLine<string>((why) => heard.push(why));
  const settle = (answer: unknown) => void heard.push(answer);
  const ticket = line.stand(2, undefined, settle, () => heard.push("taken"), options);
  return { heard, line, settle, ticket };
}

test("the head is the same function for as long as it is the same party", async () => {
  const { line, settle, ticket } = standing();
  const second = line.park(1, undefined);
  expect([line.head, line.headWeight, line.size, line.weight]).toEqual([settle, 2, 2, 3]);
  line.withdraw(ticket);
  expect([line.head === settle, line.headWeight]).toEqual([false, 1]);
  line.serve("served");
  expect([line.head, await second]).toEqual([undefined, "served"]);
});

test("who stands is told that the place is taken, and then gets the value", () => {
  const { heard, line } = standing();
  line.serve("served");
  expect([heard, line.size]).toEqual([["taken", "served"], 0]);
});

test("who withdraws hears nothing more, and nobody listens or counts any longer", async () => {
  const stop = new AbortController();
  const removed = vi.spyOn(stop.signal, "removeEventListener");
  const { heard, line, ticket } = standing({ signal: stop.signal, timeout: 50 });
  const behind = line.park(1, undefined);
  line.withdraw(ticket);
  expect([line.size, line.weight, removed.mock.calls.length, vi.getTimerCount()]).toEqual([1, 1, 1, 0]);
  stop.abort("too late");
  line.serve("served");
  expect([await behind, heard]).toEqual(["served", []]);
});

test("who stands and leaves is told that the place is gone before the reason", async () => {
  const stop = new AbortController();
  const { heard, line } = standing({ signal: stop.signal });
  stop.abort("enough");
  const [taken, reason, why] = heard;
  await expect(reason).rejects.toBe("enough");
  expect([taken, why, line.size]).toEqual(["taken", "aborted", 0]);
});
