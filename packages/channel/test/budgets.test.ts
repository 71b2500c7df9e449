import { type Budget, Channel, type Lease } from "@sluice/channel";
import { Semaphore } from "@sluice/semaphore";
import { describe, expect, test } from "vitest";

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

const code = (error: { code: string }) => error.code;

describe("a budget that is smaller than its channel", () => {
  test("bounds it: what is beyond waits, what could never fit is refused", async () => {
    const budget = new Semaphore(2);
    const channel = new Channel<number>({ capacity: 100, weigh: (n) => n, budget });
    await channel.send(2);
    expect(channel.trySend(1)).toBe(false);
    const waiting = channel.send(1);
    expect(budget.waiting).toBe(1);
    await expect(channel.send(3)).rejects.toMatchObject({ code: "ERR_TOO_HEAVY", weight: 3, capacity: 2 });
    expect([await channel.receive(), await channel.receive()]).toEqual([2, 1]);
    await waiting;
    expect(budget.snapshot()).toMatchObject({ held: 0, waiting: 0, peakHeld: 2 });
  });

  test("that shrinks below what somebody waits for refuses that sender, and lets in the next", async () => {
    const budget = new Semaphore(4);
    const channel = new Channel<number>({ capacity: 9, weigh: (n) => n, budget });
    const held = await budget.acquire(3);
    const heavy = channel.send(3);
    const light = channel.send(1);
    budget.resize(2);
    await expect(heavy).rejects.toMatchObject({ code: "ERR_TOO_HEAVY", weight: 3, capacity: 2 });
    held.release();
    await light;
    expect(channel.drain()).toEqual([1]);
    expect([budget.held, budget.waiting]).toEqual([0, 0]);
  });

  test("a seat holds its weight of it until it is used, given up, or too large for its item", async () => {
    const budget = new Semaphore(4);
    const channel = new Channel<string>({ capacity: 4, weigh: (text) => text.length, budget });
    const [used, kept] = [await channel.reserve({ weight: 3 }), await channel.reserve({ weight: 1 })];
    expect(budget.available).toBe(0);
    used.send("a");
    expect(budget.available).toBe(2);
    kept.release();
    kept.release();
    expect(budget.available).toBe(3);
    const last = await channel.reserve({ weight: 3 });
    channel.cancel();
    expect(budget.held).toBe(3);
    last.send("bcd");
    expect(budget.held).toBe(0);
  });
});

test("what is free of a budget goes to all who wait and fit, at once", async () => {
  const budget = new Semaphore(3);
  const channel = new Channel<number>({ capacity: 9, budget });
  const held = await budget.acquire(3);
  const first = channel.send(1);
  const others = [channel.send(2), channel.send(3)];
  held.release();
  await first;
  expect(channel.snapshot()).toMatchObject({ size: 3, waitingSenders: 0 });
  await Promise.all(others);
});

test("weights and leases stay with their items while the buffer grows", () => {
  const budget = new Semaphore(1_000);
  const channel = new Channel<number>({ capacity: 1_000, weigh: (n) => n, budget });
  let weight = 0;
  for (let n = 1; n <= 5; n++) channel.trySend(n);
  channel.drain(5);
  for (let n = 1; n <= 40; n++) {
    channel.trySend(n);
    weight += n;
  }
  for (let n = 1; n <= 40; n++) {
    expect([channel.snapshot().weight, budget.held]).toEqual([weight, weight]);
    expect(channel.tryReceive()).toEqual({ value: n });
    weight -= n;
  }
  expect(budget.held).toBe(0);
});

test("who hears that there is room holds nothing of the budget", async () => {
  const budget = new Semaphore(1);
  const channel = new Channel<number>({ capacity: 9, budget });
  const held = await budget.acquire();
  const room = channel.whenRoom();
  held.release();
  expect(await room).toBe(true);
  expect([budget.held, budget.waiting]).toEqual([0, 0]);
});

describe("a shared budget that is closed", () => {
  test("refuses whoever waits for it, in every channel; what is inside is received, and its share goes back", async () => {
    const budget = new Semaphore(1);
    const [one, other] = [1, 2].map(() => new Channel<number>({ capacity: 9, budget }));
    if (!one || !other) throw new Error("two channels");
    await one.send(1);
    const waits = [one.send(2), one.send(3), one.reserve(), other.send(4), other.whenRoom(), other.send(5)];
    const outcomes = Promise.all(waits.map((wait) => wait.catch(code)));
    budget.close("over");
    expect(await outcomes).toEqual(waits.map(() => "ERR_CLOSED"));
    expect([one.snapshot().waitingSenders, other.snapshot().waitingSenders]).toEqual([0, 0]);
    expect([one.drain(), other.drain(), budget.held, budget.waiting]).toEqual([[1], [], 0, 0]);
  });

  test("still lets items go from hand to hand, and each channel can be ended", async () => {
    const budget = new Semaphore(1);
    const channel = new Channel<number>({ capacity: 9, budget });
    budget.close();
    await expect(channel.send(1)).rejects.toMatchObject({ code: "ERR_CLOSED" });
    const received = channel.receive();
    await channel.send(2);
    expect(await received).toBe(2);
    channel.close();
    await expect(channel.receive()).rejects.toMatchObject({ code: "ERR_CLOSED" });
    expect(channel.snapshot()).toMatchObject({ phase: "closed", sent: 1, received: 1 });
  });
});

describe("a budget of somebody else's making", () => {
  const boom = new Error("boom");
  const fails = () => {
    throw boom;
  };
  const never: Budget = { capacity: 9, tryAcquire: () => undefined, acquire: () => new Promise(() => {}) };
  const over = (budget: Partial<Budget>) =>
    new Channel<number>({ capacity: 2, budget: { ...never, ...budget } });

  test("that throws refuses the item, and nothing has changed", async () => {
    const channel = over({ tryAcquire: fails });
    const before = channel.snapshot();
    await expect(channel.send(1)).rejects.toBe(boom);
    expect(() => channel.trySend(1)).toThrow(boom);
    await expect(channel.reserve()).rejects.toBe(boom);
    await expect(channel.whenRoom()).rejects.toBe(boom);
    expect(channel.snapshot()).toEqual(before);
    const received = channel.receive();
    await channel.send(2);
    expect(await received).toBe(2);
  });

  test("that rejects refuses who waits, one after the other, and nobody waits for ever", async () => {
    const channel = over({ acquire: () => Promise.reject(boom) });
    const waits = [channel.send(1), channel.reserve(), channel.whenRoom(), channel.send(2)];
    for (const outcome of await Promise.allSettled(waits)) {
      expect(outcome).toMatchObject({ status: "rejected", reason: boom });
    }
    expect(channel.snapshot()).toMatchObject({ waitingSenders: 0, sent: 0 });
  });

  test("that never answers holds up senders until they leave, and the end takes them along", async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const channel = over({
      acquire: (_weight, options) => {
        signals.push(options?.signal);
        return new Promise<Lease>(() => undefined);
      },
    });
    const stop = new AbortController();
    const [left, ended] = [channel.send(1, { signal: stop.signal }), channel.send(2)];
    stop.abort("stop");
    await expect(left).rejects.toBe("stop");
    channel.close();
    await expect(ended).rejects.toMatchObject({ code: "ERR_CLOSED" });
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
  });

  test("that grants too late, to who has left, gets its lease back", async () => {
    let grant: (lease: Lease) => void = () => undefined;
    let released = 0;
    const channel = over({ acquire: () => new Promise((resolve) => (grant = resolve)) });
    const sent = channel.send(1);
    channel.cancel();
    await expect(sent).rejects.toMatchObject({ code: "ERR_CLOSED" });
    grant({ release: () => released++ });
    await turns();
    expect(released).toBe(1);
  });

  test("whose acquire throws instead of rejecting refuses the item, and it is not sent later", async () => {
    const channel = over({ acquire: fails });
    await expect(channel.send(1)).rejects.toBe(boom);
    expect(channel.snapshot().waitingSenders).toBe(0);
  });

  test("whose lease throws at its release loses no item, and the error surfaces where bugs do", async () => {
    const others = process.listeners("uncaughtException");
    const surfaced: unknown[] = [];
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => surfaced.push(error));
    const channel = over({ tryAcquire: () => ({ release: fails }) });
    channel.trySend(1);
    channel.trySend(2);
    const received = channel.drain();
    await new Promise<void>((resolve) => setImmediate(resolve));
    process.removeAllListeners("uncaughtException");
    for (const listener of others) process.on("uncaughtException", listener);
    expect([received, surfaced]).toEqual([
      [1, 2],
      [boom, boom],
    ]);
    expect(channel.snapshot()).toMatchObject({ size: 0, weight: 0, received: 2 });
  });
});
