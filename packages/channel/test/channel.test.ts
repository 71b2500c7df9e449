import { Channel, type ChannelOptions, FullError } from "@sluice/channel";
import { Semaphore } from "@sluice/semaphore";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

async function pending(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const mark = () => {
    settled = true;
  };
  promise.then(mark, mark);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return !settled;
}

async function all<T>(channel: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of channel) items.push(item);
  return items;
}

describe("sending and receiving", () => {
  test("items arrive in the order in which they were sent, then the end", async () => {
    const channel = new Channel<number>(2);
    const received = all(channel);
    for (let i = 0; i < 10; i++) await channel.send(i);
    channel.close();
    expect(await received).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await expect(channel.receive()).rejects.toMatchObject({ code: "ERR_CLOSED" });
  });

  test("a full channel makes senders wait, and each receive lets the oldest in", async () => {
    const channel = new Channel<string>(1);
    await channel.send("a");
    expect(channel.trySend("x")).toBe(false);
    const b = channel.send("b");
    const c = channel.send("c");
    expect([await pending(b), await pending(c)]).toEqual([true, true]);
    expect(channel.tryReceive()).toEqual({ value: "a" });
    expect([await pending(b), await pending(c)]).toEqual([false, true]);
    expect(await channel.receive()).toBe("b");
    expect(await channel.receive()).toBe("c");
    expect(channel.tryReceive()).toBeUndefined();
  });

  test("who waits first receives first", async () => {
    const channel = new Channel<number>(1);
    const [first, second] = [channel.receive(), channel.receive()];
    channel.trySend(1);
    channel.trySend(2);
    expect(await Promise.all([first, second])).toEqual([1, 2]);
  });

  test("undefined and null are items like any other", async () => {
    const channel = new Channel<undefined | null>(2);
    channel.trySend(undefined);
    await channel.send(null);
    expect(channel.tryReceive()).toEqual({ value: undefined });
    expect(await channel.receive()).toBeNull();
  });

  test("a large buffer keeps order while it grows, wraps and empties", () => {
    const channel = new Channel<number>(5_000);
    let [next, expected] = [0, 0];
    for (const [sends, receives] of [
      [10, 5],
      [3_000, 1_000],
      [2_995, 4_000],
      [1_000, 2_000],
    ] as const) {
      for (let i = 0; i < sends; i++) expect(channel.trySend(next++)).toBe(true);
      for (let i = 0; i < receives; i++) expect(channel.tryReceive()).toEqual({ value: expected++ });
    }
    expect(channel.snapshot()).toMatchObject({ size: 0, weight: 0, peakWeight: 5_000, phase: "open" });
  });
});

describe("a rendezvous", () => {
  test("buffers nothing: each send meets a receive", async () => {
    const channel = new Channel<number>(0);
    expect(channel.trySend(1)).toBe(false);
    const sent = channel.send(1);
    expect(await pending(sent)).toBe(true);
    expect(channel.snapshot()).toMatchObject({ size: 0, weight: 0, waitingSenders: 1, sent: 0, fullness: 0 });
    expect(channel.tryReceive()).toEqual({ value: 1 });
    await sent;
    const received = channel.receive();
    expect(channel.trySend(2)).toBe(true);
    expect(await received).toBe(2);
  });

  test("nothing is too heavy for it", async () => {
    const channel = new Channel<string>({ capacity: 0, weigh: (s) => s.length });
    const received = channel.receive();
    await channel.send("heavy");
    expect(await received).toBe("heavy");
  });
});

describe("weights", () => {
  const byLength: ChannelOptions<string> = { capacity: 5, weigh: (text) => text.length };

  test("the weights of what is buffered never exceed the capacity", async () => {
    const channel = new Channel(byLength);
    expect([channel.trySend("abc"), channel.trySend("def"), channel.trySend("gh")]).toEqual([
      true,
      false,
      true,
    ]);
    expect(channel.snapshot()).toMatchObject({ size: 2, weight: 5, fullness: 1 });
  });

  test("a heavy sender at the head holds back lighter ones; when it gives up they go on", async () => {
    const channel = new Channel(byLength);
    channel.trySend("abc");
    const stop = new AbortController();
    const heavy = channel.send("hijkl", { signal: stop.signal });
    const light = channel.send("m");
    expect(await pending(light)).toBe(true);
    stop.abort("changed my mind");
    await expect(heavy).rejects.toBe("changed my mind");
    await light;
    channel.close();
    expect(await all(channel)).toEqual(["abc", "m"]);
  });

  test("what could never fit is refused at once", async () => {
    const channel = new Channel(byLength);
    await expect(channel.send("abcdef")).rejects.toMatchObject({
      code: "ERR_TOO_HEAVY",
      weight: 6,
      capacity: 5,
    });
    expect(() => channel.trySend("abcdef")).toThrow(RangeError);
  });

  test("an item is weighed once, however long it stays", async () => {
    const weigh = vi.fn(({ size }: { size: number }) => size);
    const channel = new Channel({ capacity: 4, weigh });
    const item = { size: 4 };
    channel.trySend(item);
    const waiting = channel.send(item);
    item.size = 99;
    await channel.receive();
    await waiting;
    expect(channel.snapshot().weight).toBe(4);
    expect(weigh).toHaveBeenCalledTimes(2);
  });

  test.each([0, -1, Number.NaN, 1.5])("a weigher that says %s loses nothing but the call", async (weight) => {
    const channel = new Channel({ capacity: 4, weigh: () => weight });
    await expect(channel.send("x")).rejects.toMatchObject({ code: "ERR_INVALID_VALUE" });
    expect(channel.snapshot()).toMatchObject({ size: 0, phase: "open" });
  });

  test("a weigher that throws refuses the item, and the channel lives on", async () => {
    const boom = new Error("boom");
    let calls = 0;
    const channel = new Channel<string>({
      capacity: 4,
      weigh: () => {
        if (calls++ === 0) throw boom;
        return 1;
      },
    });
    await expect(channel.send("x")).rejects.toBe(boom);
    await channel.send("y");
    expect(await channel.receive()).toBe("y");
  });
});

describe("endings", () => {
  test("after close the rest is delivered; sends and waiting senders reject", async () => {
    const channel = new Channel<number>(1);
    await channel.send(1);
    const waiting = channel.send(2);
    channel.close();
    await expect(waiting).rejects.toMatchObject({ code: "ERR_CLOSED" });
    await expect(channel.send(3)).rejects.toMatchObject({ code: "ERR_CLOSED" });
    expect(channel.trySend(3)).toBe(false);
    expect(channel.snapshot().phase).toBe("draining");
    expect(await all(channel)).toEqual([1]);
    expect(channel.snapshot().phase).toBe("closed");
  });

  test("after fail receivers get the rest, then that very error, each of them", async () => {
    const channel = new Channel<number>(2);
    const boom = new Error("boom");
    await channel.send(1);
    channel.fail(boom);
    channel.close();
    expect(await channel.receive()).toBe(1);
    await expect(channel.receive()).rejects.toBe(boom);
    await expect(all(channel)).rejects.toBe(boom);
    await expect(channel.send(2)).rejects.toMatchObject({ code: "ERR_CLOSED", cause: boom });
    expect(channel.snapshot().phase).toBe("failed");
  });

  test("waiting receivers hear the end, each in its form", async () => {
    const closed = new Channel<number>(1);
    const [item, step] = [closed.receive(), closed[Symbol.asyncIterator]().next()];
    closed.close();
    await expect(item).rejects.toMatchObject({ code: "ERR_CLOSED" });
    expect(await step).toEqual({ done: true, value: undefined });

    const failed = new Channel<number>(1);
    const [item2, step2] = [failed.receive(), failed[Symbol.asyncIterator]().next()];
    failed.fail("why");
    await expect(item2).rejects.toBe("why");
    await expect(step2).rejects.toBe("why");
  });

  test("cancel hands each item that was sent and not received to onUndelivered, once", async () => {
    const lost: [number, string][] = [];
    const channel = new Channel<number>({ capacity: 2, onUndelivered: (n, why) => lost.push([n, why]) });
    await channel.send(1);
    await channel.send(2);
    const waiting = channel.send(3);
    channel.cancel("no more");
    channel.cancel("again");
    await expect(waiting).rejects.toMatchObject({ code: "ERR_CLOSED", cause: "no more" });
    expect(lost).toEqual([
      [1, "cancelled"],
      [2, "cancelled"],
    ]);
    await expect(channel.receive()).rejects.toMatchObject({ code: "ERR_CLOSED", cause: "no more" });
    expect(channel.snapshot()).toMatchObject({ phase: "cancelled", size: 0, weight: 0 });
  });

  test("cancel while draining gives up the rest; after the end it changes nothing", async () => {
    const lost: number[] = [];
    const draining = new Channel<number>({ capacity: 2, onUndelivered: (n) => lost.push(n) });
    draining.trySend(1);
    draining.close();
    draining.cancel();
    expect([lost, draining.snapshot().phase]).toEqual([[1], "cancelled"]);
    const ended = new Channel<number>(1);
    ended.close();
    ended.cancel();
    expect(ended.snapshot().phase).toBe("closed");
  });

  test("onUndelivered may call right back into the channel", () => {
    const lost: number[] = [];
    const channel: Channel<number> = new Channel<number>({
      capacity: 3,
      onUndelivered: (n) => {
        lost.push(n);
        channel.cancel();
        expect(channel.trySend(9)).toBe(false);
      },
    });
    for (const n of [1, 2, 3]) channel.trySend(n);
    channel.cancel();
    expect(lost).toEqual([1, 2, 3]);
  });

  test("disposing of a channel cancels it", async () => {
    const lost: number[] = [];
    const channel = new Channel<number>({ capacity: 1, onUndelivered: (n) => lost.push(n) });
    channel.trySend(1);
    await channel[Symbol.asyncDispose]();
    expect(lost).toEqual([1]);
  });
});

describe("iterating", () => {
  test("leaving a loop over the channel affects no other receiver", async () => {
    const channel = new Channel<number>(3);
    for (const n of [1, 2, 3]) channel.trySend(n);
    for await (const n of channel) if (n === 1) break;
    channel.close();
    expect(await all(channel)).toEqual([2, 3]);
  });

  test("leaving a loop over consume() cancels the channel", async () => {
    const lost: number[] = [];
    const channel = new Channel<number>({ capacity: 3, onUndelivered: (n) => lost.push(n) });
    for (const n of [1, 2, 3]) channel.trySend(n);
    for await (const n of channel.consume()) if (n === 1) break;
    expect([lost, channel.snapshot().phase]).toEqual([[2, 3], "cancelled"]);
  });

  test("an iterator that was left stays at its end", async () => {
    const channel = new Channel<number>(1);
    channel.trySend(1);
    const iterator = channel[Symbol.asyncIterator]();
    await iterator.return?.();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(channel.tryReceive()).toEqual({ value: 1 });
  });
});

describe("waiting less than for ever", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("a send that times out was not delivered; a receive that times out lost nothing", async () => {
    const channel = new Channel<number>(1);
    const receive = expect(channel.receive({ timeout: 10 })).rejects.toMatchObject({
      code: "ERR_WAIT_TIMEOUT",
    });
    vi.advanceTimersByTime(10);
    await receive;
    await channel.send(1);
    const send = expect(channel.send(2, { timeout: 10 })).rejects.toMatchObject({ code: "ERR_WAIT_TIMEOUT" });
    vi.advanceTimersByTime(10);
    await send;
    channel.close();
    expect(await all(channel)).toEqual([1]);
  });

  test("an aborted receive takes no item away", async () => {
    const channel = new Channel<number>(1);
    const stop = new AbortController();
    const receive = channel.receive({ signal: stop.signal });
    stop.abort("later");
    await expect(receive).rejects.toBe("later");
    channel.trySend(1);
    expect(await channel.receive()).toBe(1);
    await expect(channel.receive({ signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });

  test("a full line of senders sheds one more", async () => {
    const channel = new Channel<number>({ capacity: 1, maxWaiting: 1, name: "jobs" });
    await channel.send(1);
    const waiting = channel.send(2);
    await expect(channel.send(3)).rejects.toMatchObject({ code: "ERR_OVERLOADED", waiting: 1 });
    await channel.receive();
    await waiting;
  });
});

describe("seats", () => {
  const byLength: ChannelOptions<string> = { capacity: 4, weigh: (text) => text.length };

  test("a seat holds room; an item that leaves some of it frees that", async () => {
    const channel = new Channel(byLength);
    const seat = await channel.reserve({ weight: 3 });
    expect([channel.trySend("ab"), channel.trySend("a")]).toEqual([false, true]);
    const waiting = channel.send("cd");
    expect(await pending(waiting)).toBe(true);
    seat.send("b");
    await waiting;
    expect(channel.drain()).toEqual(["a", "b", "cd"]);
    expect(() => seat.send("x")).toThrow("closed");
  });

  test("an item heavier than its seat is refused, and the seat stays good", async () => {
    const channel = new Channel(byLength);
    const seat = await channel.reserve({ weight: 2 });
    expect(() => seat.send("abc")).toThrow(expect.objectContaining({ code: "ERR_TOO_HEAVY", capacity: 2 }));
    seat.send("ab");
    expect(channel.tryReceive()).toEqual({ value: "ab" });
  });

  test("giving a seat up serves whoever waits; disposing of it is the same", async () => {
    const channel = new Channel<number>(1);
    const seat = await channel.reserve();
    const next = channel.reserve();
    seat[Symbol.dispose]();
    (await next).send(7);
    expect(await channel.receive()).toBe(7);
  });

  test("the end waits for a seat; after cancel its item is undelivered", async () => {
    const lost: string[] = [];
    const channel = new Channel({ ...byLength, onUndelivered: (text, why) => lost.push(`${text} ${why}`) });
    const [used, kept] = [await channel.reserve(), await channel.reserve()];
    const received = all(channel);
    channel.close();
    used.send("a");
    kept.release();
    expect([await received, channel.snapshot().phase]).toEqual([["a"], "closed"]);

    const cancelled = new Channel({ ...byLength, onUndelivered: (text, why) => lost.push(`${text} ${why}`) });
    const seat = await cancelled.reserve();
    cancelled.cancel();
    seat.send("b");
    expect(lost).toEqual(["b cancelled"]);
    await expect(cancelled.reserve()).rejects.toMatchObject({ code: "ERR_CLOSED" });
  });

  test("a rendezvous has no room to reserve", async () => {
    await expect(new Channel(0).reserve()).rejects.toMatchObject({ code: "ERR_TOO_HEAVY" });
  });

  test("a channel that drops takes no more than it drops while somebody waits for a seat", async () => {
    const channel = new Channel<string>({ ...byLength, whenFull: "drop-oldest" });
    channel.trySend("ab");
    const seat = channel.reserve({ weight: 3 });
    channel.trySend("c");
    expect(channel.snapshot()).toMatchObject({ dropped: 1, weight: 1, waitingSenders: 0 });
    (await seat).send("def");
    expect(channel.drain()).toEqual(["c", "def"]);
  });
});

describe("room, and many at once", () => {
  test("whenRoom says when there is room, or that there never will be", async () => {
    const channel = new Channel<number>(1);
    expect(await channel.whenRoom()).toBe(true);
    channel.trySend(1);
    const room = channel.whenRoom();
    expect(await pending(room)).toBe(true);
    channel.tryReceive();
    expect(await room).toBe(true);
    channel.trySend(2);
    const never = channel.whenRoom();
    channel.close();
    expect([await never, await channel.whenRoom()]).toEqual([false, false]);
  });

  test("whenRoom of a rendezvous waits for a receiver", async () => {
    const channel = new Channel<number>(0);
    const room = channel.whenRoom();
    const received = channel.receive();
    expect([await room, channel.trySend(1), await received]).toEqual([true, true, 1]);
  });

  test("receiveMany gets at least one and at most max; nothing at the end", async () => {
    const channel = new Channel<number>(3);
    const first = channel.receiveMany(2);
    for (const n of [1, 2, 3]) channel.trySend(n);
    expect([await first, await channel.receiveMany(5)]).toEqual([[1, 2], [3]]);
    const last = channel.receiveMany(1);
    channel.close();
    expect([await last, await channel.receiveMany(1)]).toEqual([[], []]);
    await expect(channel.receiveMany(0)).rejects.toMatchObject({ code: "ERR_INVALID_VALUE" });
    const failed = new Channel<number>(1);
    failed.fail("why");
    await expect(failed.receiveMany(1)).rejects.toBe("why");
  });

  test("drain takes what is there, waiting senders' items included", async () => {
    const channel = new Channel<number>(1);
    const sent = Promise.all([1, 2, 3].map((n) => channel.send(n)));
    expect([channel.drain(2), channel.drain(), channel.drain()]).toEqual([[1, 2], [3], []]);
    await sent;
  });

  test("with a low-water mark senders wait until so much has left", async () => {
    const channel = new Channel<number>({ capacity: 4, lowWater: 2 });
    for (const n of [1, 2, 3, 4]) channel.trySend(n);
    const more = Promise.all([channel.send(5), channel.send(6)]);
    channel.tryReceive();
    expect(channel.snapshot()).toMatchObject({ size: 3, waitingSenders: 2 });
    channel.tryReceive();
    expect(channel.snapshot()).toMatchObject({ size: 4, waitingSenders: 0 });
    await more;
  });
});

describe("a shared budget", () => {
  test("what one channel buffers the other cannot; receiving gives it back", async () => {
    const budget = new Semaphore(2);
    const [one, other] = [
      new Channel<number>({ capacity: 9, budget }),
      new Channel<number>({ capacity: 9, budget }),
    ];
    expect([one.trySend(1), one.trySend(2), other.trySend(3)]).toEqual([true, true, false]);
    const sent = other.send(3);
    expect(await pending(sent)).toBe(true);
    one.tryReceive();
    await sent;
    expect(budget.held).toBe(2);
    one.cancel();
    other.cancel();
    expect([budget.held, budget.waiting]).toEqual([0, 0]);
  });

  test("stages that share a budget cannot block each other: an empty one lets items through", async () => {
    const budget = new Semaphore(1);
    const [first, second] = [
      new Channel<number>({ capacity: 1, budget }),
      new Channel<number>({ capacity: 1, budget }),
    ];
    const produced = (async () => {
      for (let n = 0; n < 20; n++) await first.send(n);
      first.close();
    })();
    const moved = (async () => {
      for await (const n of first) await second.send(n);
      second.close();
    })();
    expect(await all(second)).toHaveLength(20);
    await Promise.all([produced, moved]);
    expect(budget.held).toBe(0);
  });

  test("an aborted send leaves the line of the budget; a closed budget refuses senders", async () => {
    const budget = new Semaphore(1);
    const held = await budget.acquire();
    const channel = new Channel<number>({ capacity: 9, budget });
    const stop = new AbortController();
    const sent = channel.send(1, { signal: stop.signal });
    expect(budget.waiting).toBe(1);
    stop.abort("no");
    await expect(sent).rejects.toBe("no");
    expect(budget.waiting).toBe(0);
    const refused = channel.send(2);
    budget.close();
    await expect(refused).rejects.toMatchObject({ code: "ERR_CLOSED" });
    held.release();
  });

  test("what the budget could never hold is refused at once", async () => {
    const channel = new Channel<number>({ capacity: 9, weigh: (n) => n, budget: new Semaphore(3) });
    await expect(channel.send(4)).rejects.toMatchObject({ code: "ERR_TOO_HEAVY", capacity: 3 });
    await expect(channel.reserve({ weight: 4 })).rejects.toMatchObject({ code: "ERR_TOO_HEAVY" });
  });
});

test("the halves do all that a producer and a consumer need, and no more", async () => {
  const { sender, receiver } = new Channel<number>(2);
  expect(Object.keys(sender).sort()).toEqual([
    "close",
    "fail",
    "reserve",
    "send",
    "trySend",
    "whenClosed",
    "whenRoom",
  ]);
  expect(Object.keys(receiver).sort()).toEqual([
    "cancel",
    "consume",
    "drain",
    "receive",
    "receiveInto",
    "receiveMany",
    "tryReceive",
  ]);
  sender.trySend(1);
  await sender.send(2);
  sender.close();
  expect(receiver.tryReceive()).toEqual({ value: 1 });
  expect(await all(receiver)).toEqual([2]);
  receiver.cancel();

  const failing = new Channel<number>(1);
  failing.sender.fail("why");
  await expect(failing.receiver.receive()).rejects.toBe("why");
  await expect(failing.receiver.consume().next()).rejects.toBe("why");
});

test.each([
  { capacity: -1 },
  { capacity: 1.5 },
  { capacity: 1, maxWaiting: -1 },
  { capacity: 1, whenFull: "burst" },
  { capacity: 1, lowWater: -1 },
  { capacity: 1, whenFull: "drop-oldest", budget: new Semaphore(1) },
])("options that make no sense are refused: %j", (options) => {
  expect(() => new Channel(options as ChannelOptions<unknown>)).toThrow(RangeError);
});

describe("when it is full", () => {
  function dropping(whenFull: "drop-oldest" | "drop-newest" | "drop-incoming", capacity = 3) {
    const dropped: string[] = [];
    const channel = new Channel<string>({
      capacity,
      whenFull,
      weigh: (text) => text.length,
      onUndelivered: (text, why) => dropped.push(`${text} ${why}`),
    });
    return { channel, dropped };
  }

  test.each([
    { whenFull: "drop-oldest", dropped: ["a dropped", "b dropped"], left: ["c", "de"] },
    { whenFull: "drop-newest", dropped: ["c dropped", "b dropped"], left: ["a", "de"] },
    { whenFull: "drop-incoming", dropped: ["de dropped"], left: ["a", "b", "c"] },
  ] as const)("$whenFull takes as many as the item needs, and counts them", async (right) => {
    const { channel, dropped } = dropping(right.whenFull);
    for (const text of ["a", "b", "c"]) await channel.send(text);
    expect(channel.trySend("de")).toBe(true);
    expect(dropped).toEqual(right.dropped);
    expect(channel.snapshot()).toMatchObject({ sent: 4, dropped: dropped.length, weight: 3 });
    channel.close();
    expect(await all(channel)).toEqual(right.left);
  });

  test("no more is dropped than the item needs beside the room that is free, and what is dropped is not received", () => {
    const { channel, dropped } = dropping("drop-oldest");
    for (const text of ["a", "b", "cd"]) channel.trySend(text);
    expect(dropped).toEqual(["a dropped"]);
    expect(channel.snapshot()).toMatchObject({ sent: 3, received: 0, dropped: 1, size: 2 });
    expect(channel.drain()).toEqual(["b", "cd"]);
    expect(channel.snapshot()).toMatchObject({ sent: 3, received: 2, dropped: 1, size: 0 });
  });

  test("dropping does not make room for what could never fit, nor after the end", async () => {
    const { channel, dropped } = dropping("drop-oldest");
    channel.trySend("a");
    await expect(channel.send("long")).rejects.toMatchObject({ code: "ERR_TOO_HEAVY" });
    channel.close();
    expect(channel.trySend("b")).toBe(false);
    await expect(channel.send("b")).rejects.toMatchObject({ code: "ERR_CLOSED" });
    expect(dropped).toEqual([]);
  });

  test("a rendezvous that drops gives to who waits, and drops the incoming item otherwise", async () => {
    const { channel, dropped } = dropping("drop-oldest", 0);
    await channel.send("lost");
    const received = channel.receive();
    await channel.send("met");
    expect([await received, dropped]).toEqual(["met", ["lost dropped"]]);
  });

  test("reject refuses at once, with the item in the error", async () => {
    const channel = new Channel<{ id: number }>({ capacity: 1, whenFull: "reject", name: "jobs" });
    const item = { id: 2 };
    await channel.send({ id: 1 });
    const error = await channel.send(item).catch((refusal: unknown) => refusal);
    expect(error).toBeInstanceOf(FullError);
    expect(error).toMatchObject({
      code: "ERR_FULL",
      capacity: 1,
      message: "jobs: no room for the item within 1",
    });
    expect((error as FullError).item).toBe(item);
    expect(channel.trySend(item)).toBe(false);
    expect(channel.snapshot()).toMatchObject({ rejected: 2, sent: 1, dropped: 0 });
  });

  test("onUndelivered may send right back into a channel that drops", () => {
    const dropped: number[] = [];
    const channel: Channel<number> = new Channel<number>({
      capacity: 2,
      whenFull: "drop-oldest",
      onUndelivered: (n) => {
        dropped.push(n);
        if (n === 1) channel.trySend(9);
      },
    });
    for (const n of [1, 2, 3]) channel.trySend(n);
    expect([dropped, channel.tryReceive(), channel.tryReceive()]).toEqual([
      [1, 2],
      { value: 3 },
      { value: 9 },
    ]);
  });
});
