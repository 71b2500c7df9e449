import { Channel } from "@sluice/channel";
import { describe, expect, test } from "vitest";

const END = { done: true, value: undefined };

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

function filled(...items: number[]) {
  const lost: number[] = [];
  const channel = new Channel<number>({ capacity: 9, onUndelivered: (n) => lost.push(n) });
  for (const item of items) channel.trySend(item);
  return { channel, lost };
}

describe.each(["over the channel", "over consume()"] as const)("an iterator %s", (which) => {
  const iteratorOf = (channel: Channel<number>) =>
    which === "over consume()" ? channel.consume() : channel[Symbol.asyncIterator]();

  test("answers steps that are asked for together in their order", async () => {
    const { channel } = filled(1, 2);
    const iterator = iteratorOf(channel);
    const steps = [1, 2, 3, 4, 5].map(() => iterator.next());
    for (const n of [3, 4]) channel.trySend(n);
    channel.close();
    expect(await Promise.all(steps)).toEqual([...[1, 2, 3, 4].map((value) => ({ done: false, value })), END]);
  });

  test("is done for good at the end, however often it is asked", async () => {
    const { channel } = filled(1);
    const iterator = iteratorOf(channel);
    channel.close();
    expect((await iterator.next()).value).toBe(1);
    for (let n = 0; n < 3; n++) expect(await iterator.next()).toEqual(END);
    expect(await iterator.return?.()).toEqual(END);
  });

  test("gives the failure to each step behind the last item", async () => {
    const { channel } = filled(1);
    channel.fail("why");
    const iterator = iteratorOf(channel);
    const steps = [1, 2, 3].map(() => iterator.next());
    expect(await Promise.allSettled(steps)).toEqual([
      { status: "fulfilled", value: { done: false, value: 1 } },
      { status: "rejected", reason: "why" },
      { status: "rejected", reason: "why" },
    ]);
    expect(await iterator.return?.()).toEqual(END);
    expect(await iterator.next()).toEqual(END);
  });

  test("is its own iterable, and its loop goes on where its steps stopped", async () => {
    const { channel } = filled(1, 2, 3);
    const iterator = iteratorOf(channel);
    expect(iterator[Symbol.asyncIterator]()).toBe(iterator);
    await iterator.next();
    channel.close();
    expect(await all(iterator)).toEqual([2, 3]);
  });

  test("takes nothing before it is asked, and no more than it is asked for", async () => {
    const { channel } = filled(1, 2);
    const iterator = iteratorOf(channel);
    expect(channel.snapshot()).toMatchObject({ size: 2, waitingReceivers: 0 });
    await iterator.next();
    expect(channel.snapshot()).toMatchObject({ size: 1, received: 1 });
  });

  test("is left by a generator that delegates to it and is thrown into", async () => {
    const { channel, lost } = filled(1, 2);
    async function* delegate() {
      yield* iteratorOf(channel);
    }
    const outer = delegate();
    await outer.next();
    // Without a `throw` of its own it is returned, and the language says so.
    await expect(outer.throw(new Error("boom"))).rejects.toBeInstanceOf(TypeError);
    expect([channel.snapshot().phase, lost, channel.drain()]).toEqual(
      which === "over consume()" ? ["cancelled", [2], []] : ["open", [], [2]],
    );
  });

  test.each(["break", "throw"] as const)("that is left twice is left once (%s)", async (how) => {
    const { channel, lost } = filled(1, 2, 3);
    const iterator = iteratorOf(channel);
    const loop = async () => {
      for await (const _ of iterator) {
        if (how === "throw") throw new Error("body");
        break;
      }
    };
    const left = loop();
    if (how === "throw") await expect(left).rejects.toThrow("body");
    else await left;
    await iterator.return?.();
    await iterator.return?.();
    expect(await iterator.next()).toEqual(END);
    expect([lost, channel.drain()]).toEqual(which === "over consume()" ? [[2, 3], []] : [[], [2, 3]]);
  });
});

describe("several at once", () => {
  test("share the items: each goes to one, in the order in which they asked", async () => {
    const channel = new Channel<number>(1);
    const [one, two] = [channel[Symbol.asyncIterator](), channel[Symbol.asyncIterator]()];
    const steps = [one.next(), two.next(), one.next(), channel.receive(), two.next()];
    for (let n = 0; n < 5; n++) await channel.send(n);
    const values = (await Promise.all(steps)).map((step) => (typeof step === "number" ? step : step.value));
    expect(values).toEqual([0, 1, 2, 3, 4]);
  });

  test("loops of many consumers receive everything once, and all of them end", async () => {
    const channel = new Channel<number>(3);
    const loops = Promise.all(Array.from({ length: 8 }, () => all(channel)));
    for (let n = 0; n < 1_000; n++) await channel.send(n);
    channel.close();
    const received = (await loops).flat();
    expect(received).toHaveLength(1_000);
    expect(new Set(received).size).toBe(1_000);
  });

  test("leaving one over consume() ends the others, their pending steps included", async () => {
    const channel = new Channel<number>(1);
    const [leaver, other] = [channel.consume(), channel.consume()];
    const [step, received] = [other.next(), channel.receive()];
    expect(await leaver.return?.()).toEqual(END);
    expect(await step).toEqual(END);
    await expect(received).rejects.toMatchObject({ code: "ERR_CLOSED" });
    expect(await channel.whenRoom()).toBe(false);
  });
});

// A `for await` has never a step pending when it is left; only steps by hand have.
describe("leaving behind a step that is pending", () => {
  test("over the channel: the step keeps its place, and its item goes to whoever holds its promise", async () => {
    const channel = new Channel<number>(1);
    const iterator = channel[Symbol.asyncIterator]();
    const step = iterator.next();
    expect(await iterator.return?.()).toEqual(END);
    expect(await iterator.next()).toEqual(END);
    expect(channel.snapshot().waitingReceivers).toBe(1);
    for (const n of [1, 2]) await channel.send(n);
    expect(await step).toEqual({ done: false, value: 1 });
    expect(await channel.receive()).toBe(2);
    expect(channel.snapshot()).toMatchObject({ sent: 2, received: 2 });
  });

  test("over the channel: without another item the step hears the end", async () => {
    const channel = new Channel<number>(1);
    const iterator = channel[Symbol.asyncIterator]();
    const step = iterator.next();
    await iterator.return?.();
    channel.close();
    expect(await step).toEqual(END);
  });

  test("over consume(): the step ends with the channel, and what comes is refused rather than lost", async () => {
    const { channel, lost } = filled();
    const iterator = channel.consume();
    const step = iterator.next();
    await iterator.return?.();
    expect(await step).toEqual(END);
    expect(channel.trySend(1)).toBe(false);
    expect(lost).toEqual([]);
  });

  test("an item that was handed to the step before belongs to the step, not to the hook", async () => {
    const { channel, lost } = filled();
    const iterator = channel.consume();
    const step = iterator.next();
    channel.trySend(1);
    channel.trySend(2);
    await iterator.return?.();
    expect(await step).toEqual({ done: false, value: 1 });
    expect(lost).toEqual([2]);
  });
});
