import { broadcast, Channel, merge } from "@sluice/channel";
import { describe, expect, test } from "vitest";

describe.each(["a merge", "a branch"] as const)("%s", (which) => {
  function behind(channel: Channel<number>) {
    return which === "a merge" ? merge(channel) : broadcast(channel, 1, { lag: 1 })[0]!;
  }

  test("gives one item where one is asked for, and says true when it has handed it over", async () => {
    const channel = new Channel<number>(4);
    const outlet = behind(channel);
    for (const item of [1, 2, 3]) channel.trySend(item);
    expect(await outlet.receiveMany(1)).toEqual([1]);
    expect(await outlet.receiveInto(() => undefined)).toBe(true);
    expect(await outlet.receiveMany(9)).toEqual([3]);
    channel.close();
    expect(await outlet.receiveMany(1)).toEqual([]);
    expect(await outlet.receiveMany(9)).toEqual([]);
  });

  test("refuses what is no number of items by name", async () => {
    const outlet = behind(new Channel<number>(1));
    await expect(outlet.receiveMany(0)).rejects.toThrow("max must be a safe integer of at least 1, got 0");
    expect(() => outlet.drain(0)).toThrow(/^max must/);
  });
});

test("a branch that has left takes nothing, and leaving again takes no other branch along", async () => {
  const channel = new Channel<number>(2);
  const [left, other] = broadcast(channel, 2, { lag: 2 });
  left?.cancel();
  left?.cancel();
  channel.trySend(1);
  expect(left?.tryReceive()).toBeUndefined();
  expect(channel.snapshot()).toMatchObject({ phase: "open", size: 1 });
  expect(other?.tryReceive()).toEqual({ value: 1 });
});
