import { Channel } from "@sluice/channel";
import { afterEach, describe, expect, test, vi } from "vitest";

const AT_ONCE = 1024;

const eventLoop = setImmediate;
const turn = () => new Promise<void>((resolve) => eventLoop(resolve));

async function pending(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const mark = () => {
    settled = true;
  };
  promise.then(mark, mark);
  for (let hop = 0; hop < 10; hop++) await Promise.resolve();
  return !settled;
}

/** Each with a loop of its own; tells who had to wait in line. */
async function exchange(channel: Channel<number>, items: number): Promise<number> {
  let parked = 0;
  const look = () => {
    const { waitingSenders, waitingReceivers } = channel.snapshot();
    parked += waitingSenders + waitingReceivers;
  };
  const sends = async () => {
    for (let n = 0; n < items; n++) {
      const sent = channel.send(n);
      look();
      await sent;
    }
  };
  const receives = async () => {
    for (let n = 0; n < items; n++) {
      const received = channel.receive();
      look();
      expect(await received).toBe(n);
    }
  };
  await Promise.all([sends(), receives()]);
  return parked;
}

/** A package that has found these in its runtime. */
async function channelOn(globals: Record<string, unknown>): Promise<typeof Channel> {
  vi.resetModules();
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
  try {
    return (await import("@sluice/channel")).Channel;
  } finally {
    vi.unstubAllGlobals();
  }
}

afterEach(() => {
  vi.useRealTimers();
});

describe("two loops that exchange items without a pause", () => {
  test.each([1, 16, 5_000])(
    "let everybody else have a turn every 1,025 items, at capacity %d",
    async (room) => {
      let [turns, over] = [0, false];
      const others = (async () => {
        while (!over) {
          await turn();
          turns++;
        }
      })();
      await exchange(new Channel<number>(room), 5_125);
      const seen = turns;
      over = true;
      await others;
      expect([4, 5, 6]).toContain(seen);
    },
  );

  test.each([2, 16])("pause together: nobody ever waits in line, at capacity %d", async (room) => {
    expect(await exchange(new Channel<number>(room), 4_000)).toBe(0);
  });

  test("are not stopped by a clock that is", async () => {
    vi.useFakeTimers();
    await exchange(new Channel<number>(16), 3_000);
  });
});

describe("a turn of the event loop", () => {
  const full = (items: number) => {
    const channel = new Channel<number>(items);
    for (let n = 0; n < items; n++) channel.trySend(n);
    return channel;
  };

  test("comes after 1,024 items that were there, for each way to receive them", async () => {
    const ways: ((channel: Channel<number>) => Promise<unknown>)[] = [
      (channel) => channel.receive(),
      (channel) => channel.receiveMany(1),
      (channel) => channel.receiveInto(() => undefined),
      (channel) => channel[Symbol.asyncIterator]().next(),
    ];
    for (const way of ways) {
      const channel = full(AT_ONCE + 2);
      const last = Array.from({ length: AT_ONCE }, () => way(channel)).at(-1)!;
      expect(await pending(last)).toBe(false);
      const late = way(channel);
      expect(await pending(late)).toBe(true);
      await turn();
      expect(await pending(late)).toBe(false);
      expect(await pending(way(channel))).toBe(false);
    }
  });

  test("comes after 1,024 items that were waited for", async () => {
    const channel = new Channel<number>(0);
    const waits = Array.from({ length: AT_ONCE + 1 }, () => channel.receive());
    for (let n = 0; n <= AT_ONCE; n++) expect(channel.trySend(n)).toBe(true);
    expect(await pending(waits[AT_ONCE - 1]!)).toBe(false);
    expect(await pending(waits[AT_ONCE]!)).toBe(true);
    await turn();
    expect(await waits[AT_ONCE]).toBe(AT_ONCE);
  });

  test("is waited for by who sends in the meantime, though the items are in", async () => {
    const channel = full(AT_ONCE + 1);
    const received = Promise.all(Array.from({ length: AT_ONCE + 1 }, () => channel.receive()));
    const sent = channel.send(0);
    expect(channel.snapshot().size).toBe(1);
    expect([await pending(received), await pending(sent)]).toEqual([true, true]);
    await turn();
    expect([await pending(received), await pending(sent)]).toEqual([false, false]);
    expect(await pending(channel.send(1))).toBe(false);
  });

  test("is one for all who wait for it", async () => {
    const asked = vi.fn(eventLoop);
    const channel = new (await channelOn({ setImmediate: asked }))<number>(AT_ONCE + 100);
    for (let n = 0; n < AT_ONCE + 100; n++) channel.trySend(n);
    const all = Array.from({ length: AT_ONCE + 100 }, () => channel.receive());
    expect(asked).toHaveBeenCalledOnce();
    expect((await Promise.all(all)).at(-1)).toBe(AT_ONCE + 99);
    expect(asked).toHaveBeenCalledOnce();
  });

  test("comes by a message where there is no setImmediate, and leaves no port open", async () => {
    const closes: (() => void)[] = [];
    class Ports extends MessageChannel {
      constructor() {
        super();
        closes.push(vi.spyOn(this.port1, "close"));
      }
    }
    const channel = new (await channelOn({ setImmediate: undefined, MessageChannel: Ports }))<number>(16);
    await exchange(channel, 3_000);
    expect(closes).toHaveLength(2);
    for (const close of closes) expect(close).toHaveBeenCalledOnce();
  });

  test("comes by a timer where there is neither", async () => {
    const timer = vi.fn((callback: () => void) => eventLoop(callback));
    const globals = { setImmediate: undefined, MessageChannel: undefined, setTimeout: timer };
    await exchange(new (await channelOn(globals))<number>(16), 3_000);
    expect(timer).toHaveBeenCalledTimes(2);
  });
});
