import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { TooLargeError } from "@sluice/release";
import { expect, test, vi } from "vitest";
import { limitRequest } from "../src/node/limit-request.js";
import { settled } from "./wire.js";

const bytes = (size: number) => new Uint8Array(size).fill(97);

/** A request into which the test puts what the parser would. */
function make(limit: number, before: Uint8Array[] = []) {
  const request = new IncomingMessage(new Socket());
  for (const chunk of before) request.push(chunk);
  const onTooLarge = vi.fn((_error: TooLargeError, _rest: Promise<void>) => {});
  const unlimit = limitRequest(request, limit, onTooLarge);
  const isOver = async (): Promise<boolean> => {
    const over = vi.fn();
    void onTooLarge.mock.calls[0]![1].then(over);
    await settled();
    return over.mock.calls.length > 0;
  };
  return { request, onTooLarge, unlimit, isOver };
}

test("a body up to the limit is put in as it comes, with its end", async () => {
  const { request, onTooLarge } = make(5);
  expect(request.push(bytes(2))).toBe(true);
  expect(request.push("abc", "latin1")).toBe(true);
  request.push(null);
  expect(`${Buffer.concat(await request.toArray())}`).toBe("aaabc");
  expect(onTooLarge).not.toHaveBeenCalled();
});

test("a body that nobody takes makes the parser stop, and what it was told is told in the encoding that it says", () => {
  const { request } = make(2 ** 20);
  request.push("6162", "hex");
  expect(`${request.read()}`).toBe("ab");
  expect(request.push(bytes(request.readableHighWaterMark))).toBe(false);
});

test("from the chunk on that crosses the limit everything is taken and dropped, the end as well", async () => {
  const { request, onTooLarge, isOver } = make(5);
  request.push(bytes(5));
  expect(request.push(bytes(1))).toBe(true);
  expect(onTooLarge.mock.calls).toMatchObject([[{ code: "ERR_TOO_LARGE", limit: 5, seen: 6 }, {}]]);
  expect(request.push(bytes(2 ** 20))).toBe(true);
  expect(await isOver()).toBe(false);
  expect([request.push(null), await isOver()]).toEqual([true, true]);
  expect([request.readableLength, request.readableEnded]).toEqual([5, false]);
  expect(onTooLarge).toHaveBeenCalledTimes(1);
  const ended = vi.fn();
  request.on("end", ended).resume();
  await settled();
  expect(ended).not.toHaveBeenCalled();
});

test("the rest is over as well when the request is closed", async () => {
  const { request, isOver } = make(0);
  request.push(bytes(1));
  expect(await isOver()).toBe(false);
  request.on("error", () => undefined).destroy();
  expect(await isOver()).toBe(true);
});

test("what has come before counts", () => {
  const full = make(5, [bytes(2), bytes(3)]);
  expect(full.onTooLarge).not.toHaveBeenCalled();
  full.request.push(bytes(1));
  expect(full.onTooLarge.mock.calls).toMatchObject([[{ limit: 5, seen: 6 }, {}]]);
  const over = make(5, [bytes(6)]);
  expect(over.onTooLarge.mock.calls).toMatchObject([[{ limit: 5, seen: 6 }, {}]]);
});

test("what comes when the counting has been put to an end is not counted", () => {
  const { request, onTooLarge, unlimit } = make(5);
  unlimit();
  request.push(bytes(6));
  expect([onTooLarge.mock.calls, request.readableLength]).toEqual([[], 6]);
});
