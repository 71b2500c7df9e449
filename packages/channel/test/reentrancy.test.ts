import { Channel, type ChannelOptions } from "@sluice/channel";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

describe("onUndelivered may call right back into its channel", () => {
  /** A channel whose hook runs `call` for each item that it gets, after having noted it. */
  function hooked(options: Partial<ChannelOptions<string>>, call: (channel: Channel<string>) => void) {
    const lost: string[] = [];
    const channel: Channel<string> = new Channel<string>({
      capacity: 2,
      ...options,
      onUndelivered: (item, why) => {
        lost.push(`${item} ${why}`);
        if (lost.length < 5) call(channel);
      },
    });
    return { channel, lost };
  }

  test.each(["drop-oldest", "drop-newest", "drop-incoming"] as const)(
    "to send again: what it sends is dropped and reported like any other, within the capacity (%s)",
    (whenFull) => {
      let n = 0;
      const { channel, lost } = hooked({ whenFull }, (self) => self.trySend(`hook ${n++}`));
      for (const item of ["a", "b", "c"]) expect(channel.trySend(item)).toBe(true);
      const { size, sent, dropped } = channel.snapshot();
      expect([size, lost.length, sent - dropped]).toEqual([2, dropped, 2]);
      const everything = [...channel.drain(), ...lost.map((text) => text.replace(" dropped", ""))];
      expect(new Set(everything).size).toBe(sent);
    },
  );

  test("to receive: a hook that drains empties the channel, and loses nothing", () => {
    const drained: string[] = [];
    const { channel, lost } = hooked({ whenFull: "drop-oldest" }, (self) => drained.push(...self.drain()));
    for (const item of ["a", "b", "c"]) channel.trySend(item);
    expect([lost, drained, channel.drain()]).toEqual([["a dropped"], ["b", "c"], []]);
  });

  test("to receive: a hook that waits gets the next item", async () => {
    const received: Promise<string>[] = [];
    const { channel } = hooked({ capacity: 0, whenFull: "drop-incoming" }, (self) =>
      received.push(self.receive()),
    );
    channel.trySend("a");
    channel.trySend("b");
    expect(await Promise.all(received)).toEqual(["b"]);
  });

  test.each(["close", "cancel"] as const)("to %s while items are dropped", (end) => {
    const { channel, lost } = hooked({ whenFull: "drop-oldest" }, (self) => self[end]());
    for (const item of ["a", "b"]) channel.trySend(item);
    expect(channel.trySend("c")).toBe(true);
    expect(channel.trySend("d")).toBe(false);
    expect([lost, channel.drain()]).toEqual(
      end === "close" ? [["a dropped"], ["b", "c"]] : [["a dropped", "b cancelled", "c cancelled"], []],
    );
  });

  test("after cancel it finds a channel that has ended: nothing can be sent, received or waited for", async () => {
    const seen: unknown[] = [];
    const { channel, lost } = hooked({}, (self) => {
      seen.push(self.trySend("again"), self.tryReceive(), self.drain(), self.snapshot().phase);
      seen.push(self.send("again").catch(({ code }) => code));
      seen.push(self.receive().catch(({ code }) => code));
      seen.push(self.whenRoom());
      self.close();
      self.fail(new Error("late"));
    });
    channel.trySend("a");
    channel.cancel();
    expect(lost).toEqual(["a cancelled"]);
    expect(await Promise.all(seen)).toEqual([
      ...[false, undefined, [], "cancelled"],
      ...["ERR_CLOSED", "ERR_CLOSED", false],
    ]);
  });

  test("to use or give up a seat while the channel is cancelled", async () => {
    const lost: string[] = [];
    const channel = new Channel<string>({
      capacity: 3,
      onUndelivered: (item) => {
        lost.push(item);
        if (item === "a") seats[0].send("from a seat");
        seats[1].release();
      },
    });
    const seats = [await channel.reserve(), await channel.reserve()] as const;
    channel.trySend("a");
    channel.cancel();
    expect(lost).toEqual(["a", "from a seat"]);
  });

  test("to abort who waits: they leave once, and hold nothing", async () => {
    const stop = new AbortController();
    const { channel, lost } = hooked({ capacity: 1, whenFull: "drop-oldest" }, () => stop.abort("stop"));
    channel.trySend("a");
    const seat = channel.reserve({ signal: stop.signal });
    channel.trySend("b");
    await expect(seat).rejects.toBe("stop");
    expect([lost, channel.snapshot().waitingSenders, channel.drain()]).toEqual([["a dropped"], 0, ["b"]]);
    (await channel.reserve()).release();
  });
});

describe("a hook that throws", () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown) => uncaught.push(error);
  let others: NodeJS.UncaughtExceptionListener[] = [];
  beforeEach(() => {
    uncaught.length = 0;
    others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", note);
  });
  afterEach(() => {
    process.off("uncaughtException", note);
    for (const listener of others) process.on("uncaughtException", listener);
  });

  test("does not stop the others: each item is handed over, each error surfaces", async () => {
    const lost: number[] = [];
    const channel = new Channel<number>({
      capacity: 3,
      onUndelivered: (n) => {
        lost.push(n);
        throw n;
      },
    });
    for (const n of [1, 2, 3]) channel.trySend(n);
    const waiting = channel.send(4);
    channel.cancel("why");
    await expect(waiting).rejects.toMatchObject({ code: "ERR_CLOSED", cause: "why" });
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect([lost, uncaught]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  test("does not fail the send that dropped", async () => {
    const channel = new Channel<number>({
      capacity: 1,
      whenFull: "drop-oldest",
      onUndelivered: () => {
        throw "hook";
      },
    });
    await channel.send(1);
    await channel.send(2);
    expect(channel.trySend(3)).toBe(true);
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect([channel.drain(), uncaught]).toEqual([[3], ["hook", "hook"]]);
  });
});

describe("an abort listener may call right back into the channel", () => {
  test.each(["before", "behind"] as const)("sending and receiving, %s the channel's own", async (place) => {
    const channel = new Channel<number>(1);
    await channel.send(1);
    const stop = new AbortController();
    const got: number[] = [];
    const listen = () =>
      stop.signal.addEventListener("abort", () => {
        got.push(...channel.drain());
        channel.trySend(9);
        expect(channel.snapshot().weight).toBeLessThanOrEqual(1);
      });
    if (place === "before") listen();
    const sends = [2, 3].map((n) => channel.send(n, { signal: stop.signal }));
    const kept = channel.send(4);
    if (place === "behind") listen();
    stop.abort("stop");
    const accepted = (await Promise.allSettled(sends)).flatMap(({ status }, i) =>
      status === "fulfilled" ? [i + 2] : [],
    );
    got.push(...channel.drain());
    await kept;
    expect(got.filter((n) => n !== 9)).toEqual([1, ...accepted, 4]);
  });

  test.each(["close", "cancel", "fail"] as const)("to %s: everybody who waits hears of it", async (end) => {
    const channel = new Channel<number>(0);
    const stop = new AbortController();
    stop.signal.addEventListener("abort", () => channel[end]("ended"));
    const receives = [channel.receive({ signal: stop.signal }), channel.receive()];
    const step = channel[Symbol.asyncIterator]().next();
    stop.abort("stop");
    const outcomes = await Promise.allSettled([...receives, step]);
    expect(channel.snapshot()).toMatchObject({ waitingReceivers: 0, waitingSenders: 0 });
    expect(outcomes.slice(0, 2).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(outcomes[2]?.status).toBe(end === "fail" ? "rejected" : "fulfilled");
  });
});

describe("an item whose `then` is a getter that calls into the channel", () => {
  // biome-ignore lint/suspicious/noThenProperty: items with a `then` are what is tested here
  const withThen = (get: () => unknown) => Object.defineProperty({}, "then", { get });

  /** Reading `then` of the item runs the call, the first time. */
  function trap(call: () => void): object {
    let armed = true;
    return withThen(() => {
      if (armed) {
        armed = false;
        call();
      }
    });
  }

  test.each(["trySend", "close", "cancel", "receive", "drain"] as const)(
    "finds it consistent when it is handed to who waits: %s",
    async (call) => {
      const lost: unknown[] = [];
      const channel = new Channel<object>({ capacity: 2, onUndelivered: (item) => lost.push(item) });
      const later: Promise<unknown>[] = [];
      const item = trap(() => {
        const answer: unknown = call === "trySend" ? channel.trySend({ from: "getter" }) : channel[call]();
        if (answer instanceof Promise) later.push(answer.catch(({ code }) => code));
        expect(channel.snapshot().weight).toBeLessThanOrEqual(2);
      });
      const received = channel.receive();
      const next = channel.receive().catch(({ code }) => code);
      await channel.send(item);
      expect(await received).toBe(item);
      channel.close();
      expect(await next).toEqual(call === "trySend" ? { from: "getter" } : "ERR_CLOSED");
      await Promise.all(later);
      expect([lost, channel.snapshot().size, channel.snapshot().waitingReceivers]).toEqual([[], 0, 0]);
    },
  );

  test("finds it consistent when a sender who waits is served by a receiver who comes", async () => {
    const channel = new Channel<object>(0);
    const inner: unknown[] = [];
    const items = [trap(() => inner.push(channel.tryReceive())), { id: 2 }, { id: 3 }];
    const sends = items.map((item) => channel.send(item));
    expect(await channel.receive()).toBe(items[0]);
    expect(inner).toEqual([{ value: items[1] }]);
    expect(channel.tryReceive()).toEqual({ value: items[2] });
    await Promise.all(sends);
    expect(channel.snapshot()).toMatchObject({ sent: 3, received: 3, waitingSenders: 0 });
  });

  test("that throws rejects the receive that got the item, and disturbs nobody else", async () => {
    const channel = new Channel<object>(2);
    const boom = new Error("boom");
    const first = channel.receive();
    const second = channel.receive();
    const bad = withThen(() => {
      throw boom;
    });
    await channel.send(bad);
    await channel.send({ id: 2 });
    await expect(first).rejects.toBe(boom);
    expect(await second).toEqual({ id: 2 });
    await channel.send(bad);
    await turns();
    const step = await channel[Symbol.asyncIterator]().next();
    expect(Object.is(step.value, bad)).toBe(true);
  });
});
