import { Channel, FullError } from "@sluice/channel";
import { describe, expect, test } from "vitest";

const SYMBOL = Symbol("item");
const FUNCTION = () => "called";
const ITEMS: readonly unknown[] = [
  undefined,
  null,
  Number.NaN,
  -0,
  0,
  "",
  false,
  SYMBOL,
  FUNCTION,
  [[1], []],
];

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

describe("an item may be anything, and comes out as it went in", () => {
  const capacity = ITEMS.length;
  const filled = () => {
    const channel = new Channel<unknown>(capacity);
    for (const item of ITEMS) channel.trySend(item);
    return channel;
  };

  test("by receive, tryReceive, receiveMany and drain, from the buffer", async () => {
    const channel = filled();
    for (const item of ITEMS) expect(channel.tryReceive()).toStrictEqual({ value: item });
    expect(channel.tryReceive()).toBeUndefined();
    const again = filled();
    for (const item of ITEMS) expect(await again.receive()).toBe(item);
    expect(filled().drain()).toStrictEqual(ITEMS);
    expect(await filled().receiveMany(capacity)).toStrictEqual(ITEMS);
  });

  test("by each iterator, which tells an undefined item from the end", async () => {
    for (const iterable of [filled(), filled().consume()]) {
      const iterator = iterable[Symbol.asyncIterator]();
      for (const value of ITEMS) expect(await iterator.next()).toStrictEqual({ done: false, value });
    }
    const channel = filled();
    channel.close();
    expect(await all(channel)).toStrictEqual(ITEMS);
  });

  test.each([0, 1, capacity])("from hand to hand, to who waits, at capacity %d", async (room) => {
    const channel = new Channel<unknown>(room);
    const received = ITEMS.map(() => channel.receive());
    for (const item of ITEMS) await channel.send(item);
    expect(await Promise.all(received)).toStrictEqual(ITEMS);
    const steps = ITEMS.map(() => channel[Symbol.asyncIterator]().next());
    for (const item of ITEMS) expect(channel.trySend(item)).toBe(true);
    expect(await Promise.all(steps)).toStrictEqual(ITEMS.map((value) => ({ done: false, value })));
    const many = ITEMS.map(() => channel.receiveMany(1));
    for (const item of ITEMS) await channel.send(item);
    expect(await Promise.all(many)).toStrictEqual(ITEMS.map((item) => [item]));
  });

  test.each([1, 3])("from senders who wait, at capacity %d", async (room) => {
    const channel = new Channel<unknown>(room);
    const sends = Promise.all(ITEMS.map((item) => channel.send(item)));
    expect(channel.tryReceive()).toStrictEqual({ value: undefined });
    expect(await channel.receive()).toBeNull();
    expect(channel.drain()).toStrictEqual(ITEMS.slice(2));
    await sends;
    expect(channel.tryReceive()).toBeUndefined();
  });

  test("from senders who wait at a rendezvous, by receive and by an iterator", async () => {
    const channel = new Channel<unknown>(0);
    const sends = Promise.all([...ITEMS, ...ITEMS].map((item) => channel.send(item)));
    for (const item of ITEMS) expect(await channel.receive()).toBe(item);
    const iterator = channel.consume();
    for (const item of ITEMS) expect((await iterator.next()).value).toBe(item);
    await sends;
  });

  test.each([undefined, null])("from a sender who waits at a rendezvous, by tryReceive: %s", (item) => {
    const channel = new Channel<unknown>(0);
    void channel.send(item);
    expect(channel.tryReceive()).toStrictEqual({ value: item });
  });

  test.each([undefined, null])("from senders who wait at a rendezvous, by drain: %s", (item) => {
    const channel = new Channel<unknown>(0);
    void channel.send(item);
    void channel.send("behind");
    expect(channel.drain()).toStrictEqual([item, "behind"]);
  });

  test("through a seat", async () => {
    const channel = new Channel<unknown>(1);
    for (const item of ITEMS) {
      (await channel.reserve()).send(item);
      expect(channel.tryReceive()).toStrictEqual({ value: item });
    }
  });

  test("to the hook, when it is dropped or cancelled", () => {
    for (const whenFull of ["drop-oldest", "drop-newest", "drop-incoming"] as const) {
      const lost: unknown[] = [];
      const channel = new Channel<unknown>({
        capacity: 1,
        whenFull,
        onUndelivered: (item) => lost.push(item),
      });
      for (const item of ITEMS) channel.trySend(item);
      channel.cancel();
      expect(lost).toHaveLength(ITEMS.length);
      expect(new Set(lost)).toEqual(new Set(ITEMS));
    }
  });

  test.each(ITEMS)("in the error that refuses it: %s", async (item) => {
    const channel = new Channel<unknown>({ capacity: 1, whenFull: "reject" });
    channel.trySend(0);
    const error = await channel.send(item).catch((refusal: unknown) => refusal);
    expect(error).toBeInstanceOf(FullError);
    expect(Object.is((error as FullError).item, item)).toBe(true);
  });

  test("as the failure, undefined included", async () => {
    for (const why of ITEMS) {
      const channel = new Channel<unknown>(1);
      const waiting = channel.receive();
      channel.fail(why);
      await expect(waiting).rejects.toBe(why);
      await expect(all(channel)).rejects.toBe(why);
    }
  });
});

describe("an item that is a promise, which the README advises against", () => {
  test("stays what it is in the buffer, and for iterators, tryReceive, receiveMany and drain", async () => {
    const promise = Promise.resolve("inside");
    const channel = new Channel<Promise<string>>(4);
    const fill = async () => {
      for (let n = 0; n < 4; n++) await channel.send(promise);
    };
    await fill();
    expect(channel.tryReceive()?.value).toBe(promise);
    expect((await channel[Symbol.asyncIterator]().next()).value).toBe(promise);
    expect((await channel.receiveMany(1))[0]).toBe(promise);
    expect(channel.drain()[0]).toBe(promise);
    const step = channel.consume().next();
    const many = channel.receiveMany(1);
    await fill();
    expect((await step).value).toBe(promise);
    expect((await many)[0]).toBe(promise);
  });

  test("is followed by receive, whether it waited or not, and a failure of it looks like one of the channel", async () => {
    const channel = new Channel<unknown>(2);
    await channel.send(Promise.resolve("inside"));
    expect(await channel.receive()).toBe("inside");
    const waiting = channel.receive();
    await channel.send(Promise.resolve("later"));
    expect(await waiting).toBe("later");
    await channel.send(Promise.reject(new Error("its own")));
    await expect(channel.receive()).rejects.toThrow("its own");
    expect(channel.snapshot()).toMatchObject({ phase: "open", received: 3 });
  });

  test("is not followed by send, which is done when the item is in", async () => {
    const channel = new Channel<unknown>(1);
    const never = new Promise(() => undefined);
    await channel.send(never);
    expect(channel.snapshot().size).toBe(1);
    expect(channel.tryReceive()?.value).toBe(never);
  });

  test("comes back untouched in an object, as the README says", async () => {
    const channel = new Channel<{ promise: Promise<string> }>(1);
    const promise = Promise.resolve("inside");
    await channel.send({ promise });
    expect((await channel.receive()).promise).toBe(promise);
  });
});
