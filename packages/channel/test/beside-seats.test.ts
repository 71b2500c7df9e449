import { Channel, type WhenFull } from "@sluice/channel";
import { describe, expect, test } from "vitest";

async function pending(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const mark = () => {
    settled = true;
  };
  promise.then(mark, mark);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return !settled;
}

/** All room is kept for one seat, another is waited for, and so is an item. */
async function kept(whenFull: WhenFull) {
  const channel = new Channel<number>({ capacity: 1, whenFull });
  const seat = await channel.reserve();
  return { channel, seat, next: channel.reserve(), received: channel.receive() };
}

describe("while somebody waits for a seat, and somebody else for an item", () => {
  test("there is no seat beyond the capacity, and nobody overtakes who waits for one", async () => {
    const { channel, seat, next, received } = await kept("wait");
    const room = channel.whenRoom();
    expect(channel.trySend(1)).toBe(false);
    expect([await pending(next), await pending(room), await pending(received)]).toEqual([true, true, true]);
    seat.release();
    expect(await room).toBe(true);
    (await next).send(2);
    expect(await received).toBe(2);
  });

  test.each(["reject", "drop-oldest", "drop-newest", "drop-incoming"] as const)(
    "an item goes to who waits for one where senders never wait (%s)",
    async (whenFull) => {
      const { channel, next, received } = await kept(whenFull);
      expect(channel.trySend(1)).toBe(true);
      expect(await received).toBe(1);
      expect(await pending(next)).toBe(true);
      expect(channel.snapshot()).toMatchObject({ sent: 1, received: 1, dropped: 0, rejected: 0 });
    },
  );
});

test("when an item that had no room beside a seat goes from hand to hand, who stood behind it is let in", async () => {
  const channel = new Channel<string>({ capacity: 5, weigh: (text) => text.length });
  await channel.reserve({ weight: 3 });
  const sends = [channel.send("heavy"), channel.send("m")];
  expect(channel.tryReceive()).toEqual({ value: "heavy" });
  expect(channel.snapshot()).toMatchObject({ size: 1, waitingSenders: 0 });
  await Promise.all(sends);
});
