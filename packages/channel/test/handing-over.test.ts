import { Channel } from "@sluice/channel";
import { afterEach, describe, expect, test, vi } from "vitest";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("handing over", () => {
  test("an item is with its taker before the send returns", async () => {
    for (const capacity of [0, 2]) {
      const channel = new Channel<number>(capacity);
      const got: number[] = [];
      const waiting = channel.receiveInto((item) => got.push(item));
      expect(channel.trySend(1)).toBe(true);
      expect(got).toEqual([1]);
      expect(await waiting).toBe(true);
      const sent = channel.send(2);
      const ready = channel.receiver.receiveInto((item) => got.push(item));
      expect(got).toEqual([1, 2]);
      expect(await Promise.all([ready, sent])).toEqual([true, undefined]);
    }
  });

  test("it stands in line with the other receivers", async () => {
    const channel = new Channel<number>(1);
    const got: string[] = [];
    const first = channel.receive().then((item) => got.push(`receive ${item}`));
    const second = channel.receiveInto((item) => got.push(`into ${item}`));
    channel.trySend(1);
    channel.trySend(2);
    await Promise.all([first, second]);
    expect(got.sort()).toEqual(["into 2", "receive 1"]);
  });

  test("at the end it says so, and a failure is the failure", async () => {
    const take = () => expect.unreachable();
    const [closed, failed, cancelled] = [0, 0, 0].map((capacity) => new Channel<number>(capacity));
    const answers = [closed, failed, cancelled].map((channel) => channel!.receiveInto(take));
    closed!.close();
    failed!.fail("why");
    cancelled!.cancel("enough");
    expect(await Promise.allSettled(answers)).toEqual([
      { status: "fulfilled", value: false },
      { status: "rejected", reason: "why" },
      { status: "fulfilled", value: false },
    ]);
    expect(await closed!.receiveInto(take)).toBe(false);
    await expect(failed!.receiveInto(take)).rejects.toBe("why");
  });

  test("an aborted one takes nothing, also when the item comes in the same turn", async () => {
    const channel = new Channel<number>(1);
    const stop = new AbortController();
    const waiting = channel.receiveInto(() => expect.unreachable(), { signal: stop.signal });
    stop.abort("enough");
    channel.trySend(1);
    await expect(waiting).rejects.toBe("enough");
    expect(channel.tryReceive()).toEqual({ value: 1 });
    await expect(channel.receiveInto(() => undefined, { timeout: -1 })).rejects.toThrow(RangeError);
  });

  test("a taker that throws has the item, disturbs nobody, and its error surfaces where bugs do", async () => {
    const tasks: (() => void)[] = [];
    vi.stubGlobal("queueMicrotask", (task: () => void) => tasks.push(task));
    const channel = new Channel<number>(1);
    const boom = new Error("boom");
    const take = () => {
      throw boom;
    };
    const waited = channel.receiveInto(take);
    expect(channel.trySend(1)).toBe(true);
    channel.trySend(2);
    expect(await Promise.all([waited, channel.receiveInto(take)])).toEqual([true, true]);
    expect(channel.snapshot()).toMatchObject({ phase: "open", size: 0, received: 2 });
    expect(tasks).toHaveLength(2);
    for (const task of tasks) expect(task).toThrow(boom);
  });

  test("a taker may call right back", async () => {
    const channel = new Channel<number>(0);
    const got: number[] = [];
    const again = (item: number): void => {
      got.push(item);
      if (item < 3) void channel.receiveInto(again);
    };
    void channel.receiveInto(again);
    const sends = [1, 2, 3].map((item) => channel.send(item));
    await Promise.all(sends);
    expect(got).toEqual([1, 2, 3]);
  });
});

describe("hearing of the end", () => {
  test("whoever produces hears at once that nothing more is accepted, and why", async () => {
    const [closed, failed, cancelled] = [1, 1, 1].map((capacity) => new Channel<number>(capacity));
    const heard = [closed, failed, cancelled].map((channel) => channel!.sender.whenClosed());
    cancelled!.trySend(1);
    closed!.close();
    failed!.fail("why");
    cancelled!.cancel("enough");
    const errors = await Promise.all(heard);
    expect(errors.map((error) => [error.code, error.cause])).toEqual([
      ["ERR_CLOSED", undefined],
      ["ERR_CLOSED", "why"],
      ["ERR_CLOSED", "enough"],
    ]);
    expect(await cancelled!.whenClosed()).toMatchObject({ cause: "enough" });
  });

  test("who no longer wants to hear of it leaves", async () => {
    const channel = new Channel<number>(1);
    const stop = new AbortController();
    const heard = channel.whenClosed({ signal: stop.signal });
    stop.abort("enough");
    await expect(heard).rejects.toBe("enough");
    await expect(channel.whenClosed({ signal: stop.signal })).rejects.toBe("enough");
    channel.close();
  });
});
