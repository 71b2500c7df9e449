import { type Budget, Channel } from "@sluice/channel";
import { describe, expect, test } from "vitest";

describe("a seat that outlives its channel's end", () => {
  test("keeps a closed channel draining, beside an item and without one", async () => {
    const channel = new Channel<number>(2);
    const seat = await channel.reserve();
    channel.trySend(1);
    channel.close();
    expect(channel.snapshot()).toMatchObject({ phase: "draining", size: 1 });
    expect(await channel.receive()).toBe(1);
    expect(channel.snapshot().phase).toBe("draining");
    seat.send(2);
    expect(channel.snapshot()).toMatchObject({ phase: "draining", sent: 2, received: 1 });
    expect(await channel.receive()).toBe(2);
    expect(channel.snapshot()).toMatchObject({ phase: "closed", sent: 2, received: 2 });
  });

  test("brings its item to the hook once the channel is cancelled, and it counts as sent and not received", async () => {
    const lost: number[] = [];
    const channel = new Channel<number>({ capacity: 1, onUndelivered: (item) => lost.push(item) });
    const seat = await channel.reserve();
    channel.cancel();
    seat.send(1);
    expect(lost).toEqual([1]);
    expect(channel.snapshot()).toMatchObject({ phase: "cancelled", sent: 1, received: 0, size: 0 });
  });

  test("is given up once the channel is cancelled, and who receives then hears of the end", async () => {
    const channel = new Channel<number>(1);
    const seat = await channel.reserve();
    channel.cancel("why");
    seat.release();
    await expect(channel.receive()).rejects.toMatchObject({ code: "ERR_CLOSED", cause: "why" });
  });
});

test("a channel that is cancelled while it is being cancelled keeps its reason, and reports each item once", async () => {
  const lost: number[] = [];
  const budget: Budget = {
    capacity: 9,
    tryAcquire: () => ({ release: () => channel.cancel("again") }),
    acquire: () => Promise.reject(new Error("nobody waits here")),
  };
  const channel: Channel<number> = new Channel<number>({
    capacity: 9,
    budget,
    onUndelivered: (item) => lost.push(item),
  });
  for (const item of [1, 2, 3]) channel.trySend(item);
  channel.cancel("first");
  expect(lost).toEqual([1, 2, 3]);
  await expect(channel.receive()).rejects.toMatchObject({ cause: "first" });
});
