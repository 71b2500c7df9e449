import { Channel } from "@sluice/channel";
import { Semaphore } from "@sluice/semaphore";
import { expect, test, vi } from "vitest";
import { pour, type Source } from "../src/pour.js";

/** A source by hand: it says nothing of its end until it is asked, nor that it was stopped. */
function source<T>(...items: readonly T[]) {
  const left = [...items];
  return {
    next: vi.fn(async () => (left.length > 0 ? { done: false, value: left.shift() } : { done: true })),
    over: new Promise<unknown>(() => undefined),
    stop: vi.fn(),
    leave: vi.fn(),
  } satisfies Source<T>;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

const weighed = (capacity: number) => new Channel<number>({ capacity, weigh: (weight) => weight });

test("a source that has ended hears of nothing any more", async () => {
  const stop = new AbortController();
  const channel = new Channel<number>(2);
  const numbers = source(1);
  await pour(() => numbers, channel, { signal: stop.signal });
  stop.abort("too late");
  channel.cancel("too late");
  await turns();
  expect([numbers.stop.mock.calls.length, numbers.leave.mock.calls.length]).toEqual([0, 1]);
});

test("the first refusal is the answer, and the source is stopped once", async () => {
  const stop = new AbortController();
  const channel = new Channel<number>(1);
  channel.trySend(0);
  const numbers = source(1);
  const poured = pour(() => numbers, channel, { signal: stop.signal });
  await turns();
  stop.abort("first");
  channel.cancel("second");
  await expect(poured).rejects.toBe("first");
  await turns();
  expect(numbers.stop.mock.calls).toEqual([["first"]]);
});

test("an abort ends the wait for room, though the source says nothing", async () => {
  const stop = new AbortController();
  const channel = new Channel<number>(1);
  channel.trySend(0);
  const poured = pour(() => source<number>(), channel, { signal: stop.signal });
  await turns();
  stop.abort("enough");
  await expect(poured).rejects.toBe("enough");
  expect(channel.snapshot().waitingSenders).toBe(0);
});

test("nothing is read when a budget will never have room", async () => {
  const budget = new Semaphore(1);
  await budget.acquire();
  const numbers = source(1);
  const poured = pour(() => numbers, new Channel<number>({ capacity: 1, budget }));
  await turns();
  budget.close("why");
  await expect(poured).rejects.toMatchObject({ code: "ERR_CLOSED", cause: "why" });
  expect([numbers.next.mock.calls.length, numbers.stop.mock.calls]).toEqual([0, [["why"]]]);
});

test("a source that ends while there is no room is asked how, at a rendezvous too", async () => {
  for (const capacity of [0, 1]) {
    const channel = new Channel<number>(capacity);
    channel.trySend(0);
    let end = (_: unknown): void => undefined;
    const over = new Promise<unknown>((resolve) => {
      end = resolve;
    });
    const poured = pour(() => ({ ...source<number>(), over }), channel);
    await turns();
    end(undefined);
    await poured;
    expect(channel.snapshot().phase).not.toBe("open");
  }
});

test("an item that is heavier than its seat gets all the room there is", async () => {
  const channel = weighed(4);
  const poured = pour(() => source(4, 4), channel);
  await turns();
  expect(channel.snapshot()).toMatchObject({ weight: 4, waitingSenders: 1 });
  expect([await channel.receive(), await channel.receive()]).toEqual([4, 4]);
  await poured;
});

test("an abort ends the wait of an item that is heavier than its seat", async () => {
  const stop = new AbortController();
  const channel = weighed(4);
  channel.trySend(3);
  const poured = pour(() => source(4), channel, { signal: stop.signal });
  await turns();
  expect(channel.snapshot().waitingSenders).toBe(1);
  stop.abort("enough");
  await expect(poured).rejects.toBe("enough");
  await turns();
  expect(channel.snapshot()).toMatchObject({ waitingSenders: 0, sent: 1 });
});

test("a weigher that throws is asked once", async () => {
  const weigh = vi.fn((): number => {
    throw "why";
  });
  const numbers = source(1, 2);
  await expect(pour(() => numbers, new Channel<number>({ capacity: 4, weigh }))).rejects.toBe("why");
  expect([weigh.mock.calls, numbers.stop.mock.calls]).toEqual([[[1]], [["why"]]]);
});
