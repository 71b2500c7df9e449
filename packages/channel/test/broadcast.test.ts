import { broadcast, Channel, merge, type Receiver } from "@sluice/channel";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { schedules } from "./effort.js";

function filled(items: readonly number[], end?: "close"): Channel<number> {
  const channel = new Channel<number>(Math.max(1, items.length));
  for (const item of items) channel.trySend(item);
  if (end) channel.close();
  return channel;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = [];
  for await (const item of items) got.push(item);
  return got;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

test.each([0, 1, 3])("every branch gets every item in order, then the end, at a lag of %i", async (lag) => {
  const branches = broadcast(filled([1, 2, 3], "close"), 3, { lag });
  expect(await Promise.all(branches.map(all))).toEqual([
    [1, 2, 3],
    [1, 2, 3],
    [1, 2, 3],
  ]);
});

test("the slowest branch holds the source back at `lag` items, and leaving it frees the others", async () => {
  const source = filled([1, 2, 3, 4, 5], "close");
  const [quick, slow, slowest] = broadcast(source, 3, { lag: 2 }) as [
    Receiver<number>,
    Receiver<number>,
    Receiver<number>,
  ];
  const got = all(quick);
  await turns();
  expect(source.snapshot().received).toBe(2);
  expect(slow.drain()).toEqual([1, 2]);
  expect(slow.tryReceive()).toBeUndefined();
  expect(slowest.tryReceive()).toEqual({ value: 1 });
  await turns();
  expect(source.snapshot().received).toBe(3);
  slowest.cancel();
  await turns();
  expect(source.snapshot().received).toBe(4);
  slow.cancel();
  expect(await got).toEqual([1, 2, 3, 4, 5]);
});

test("with no lag an item leaves the source when all branches wait for one", async () => {
  const source = filled([1, 2]);
  const [one, two] = broadcast(source, 2, { lag: 0 }) as [Receiver<number>, Receiver<number>];
  const stop = new AbortController();
  const first = one.receive({ signal: stop.signal });
  await turns();
  expect(source.snapshot().received).toBe(0);
  expect(two.tryReceive()).toBeUndefined();
  expect(await two.receive()).toBe(1);
  expect(await first).toBe(1);
  const left = two.receive({ signal: stop.signal });
  stop.abort("enough");
  await expect(left).rejects.toBe("enough");
  expect(one.tryReceive()).toBeUndefined();
  expect(source.snapshot().received).toBe(1);
});

test("nothing leaves the source before somebody receives, nor when that somebody has left", async () => {
  const source = new Channel<number>(1);
  const [one] = broadcast(source, 2) as [Receiver<number>];
  const stop = new AbortController();
  const waiting = one.receive({ signal: stop.signal });
  stop.abort("enough");
  source.trySend(1);
  await expect(waiting).rejects.toBe("enough");
  expect(source.snapshot().received).toBe(0);
});

test("a failure comes to each branch after its last item", async () => {
  const source = filled([1, 2]);
  source.fail("why");
  const [one, two] = broadcast(source, 2, { lag: 2 }) as [Receiver<number>, Receiver<number>];
  expect(await one.receiveMany(5)).toEqual([1, 2]);
  const heard = one.receive();
  expect(await two.receive()).toBe(1);
  await expect(heard).rejects.toBe("why");
  expect(await two.receive()).toBe(2);
  await expect(two.receiveMany(2)).rejects.toBe("why");
});

test("a branch that leaves hears the end; when all have left the source is cancelled with the last reason", async () => {
  const lost: number[] = [];
  const source = new Channel<number>({ capacity: 3, onUndelivered: (item) => lost.push(item) });
  const [one, two] = broadcast(source, 2) as [Receiver<number>, Receiver<number>];
  const waiting = one.receive();
  one.cancel("first");
  one.cancel("again");
  await expect(waiting).rejects.toMatchObject({ code: "ERR_CLOSED", cause: "first" });
  for (const item of [1, 2]) source.trySend(item);
  for await (const item of two) {
    expect(item).toBe(1);
    break;
  }
  for await (const item of two.consume()) {
    expect(item).toBe(2);
    source.trySend(3);
    break;
  }
  expect(lost).toEqual([3]);
  await expect(source.send(4)).rejects.toMatchObject({ code: "ERR_CLOSED" });
  const other = new Channel<number>(1);
  for (const [n, branch] of broadcast(other, 2).entries()) branch.cancel(n);
  await expect(other.send(1)).rejects.toMatchObject({ cause: 1 });
});

test("branches that are merged again lose nothing when a taker cuts the others off within its call", async () => {
  const source = new Channel<number>(4);
  const [one, two] = broadcast(source, 2, { lag: 3 }) as [Receiver<number>, Receiver<number>];
  const stop = new AbortController();
  const merged = merge(one);
  source.trySend(1);
  expect(two.tryReceive()).toEqual({ value: 1 });
  const taken: number[] = [];
  const wait = () =>
    two.receiveInto((item) => {
      taken.push(item);
      stop.abort("enough");
    });
  const waits = [wait(), wait()];
  source.trySend(2);
  const got = await Promise.allSettled([
    merged.receive({ signal: stop.signal }),
    merged.receive({ signal: stop.signal }),
  ]);
  source.trySend(3);
  await Promise.all(waits);
  const delivered = got.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  expect([...delivered, ...merged.drain()]).toEqual([1, 2, 3]);
  expect(taken).toEqual([2, 3]);
});

test("what makes no sense is refused", () => {
  for (const n of [0, 1.5, -1]) expect(() => broadcast(new Channel(1), n)).toThrow(/^branches must be/);
  for (const lag of [-1, 0.5]) expect(() => broadcast(new Channel(1), 2, { lag })).toThrow(/lag/);
});

describe("on any schedule", () => {
  test("each branch gets what left the source, in order and once, and none runs further ahead than `lag`", async () => {
    await fc.assert(fair(broadcast), schedules(1_500));
  });

  test("branches that each buffer for themselves are found out", async () => {
    expect((await fc.check(fair(overrunning), schedules(1_500))).failed).toBe(true);
  });

  test("a branch that loses what comes while nobody waits there is found out", async () => {
    expect((await fc.check(fair(forgetful), schedules(1_500))).failed).toBe(true);
  });
});

type Spread = typeof broadcast<number>;

function fair(make: Spread) {
  const branch = fc.nat({ max: 2 });
  const action = fc.constantFrom("into", "tryReceive", "into", "abort");
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constantFrom("send", "try", "turn"), branch }) },
    { weight: 8, arbitrary: fc.record({ do: action, branch }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("cancel", "close"), branch }) },
  );
  return fc.asyncProperty(
    fc.nat({ max: 3 }),
    fc.nat({ max: 2 }),
    fc.array(step, { maxLength: 50 }),
    async (lag, capacity, steps) => {
      const lost: number[] = [];
      const accepted: number[] = [];
      const source = new Channel<number>({ capacity, onUndelivered: (item) => lost.push(item) });
      const branches = make(source, 3, { lag });
      const got: number[][] = branches.map(() => []);
      const left = new Set<number>();
      const stops = branches.map(() => new AbortController());
      const pending: Promise<unknown>[] = [];
      const wait = (promise: Promise<unknown>) =>
        pending.push(
          promise.catch((error) => {
            if (error !== "enough" && error?.code !== "ERR_CLOSED") throw error;
          }),
        );
      let sent = 0;
      for (const what of steps) {
        const b = what.branch;
        if (what.do === "send") {
          const item = sent++;
          wait(source.send(item).then(() => accepted.push(item)));
        } else if (what.do === "try") {
          const item = sent++;
          if (source.trySend(item)) accepted.push(item);
        } else if (what.do === "into") {
          const { signal } = stops[b]!;
          wait(branches[b]!.receiveInto((item) => got[b]!.push(item), { signal }));
        } else if (what.do === "tryReceive") {
          const one = branches[b]!.tryReceive();
          if (one) got[b]!.push(one.value);
        } else if (what.do === "abort") {
          stops[b]!.abort("enough");
          stops[b] = new AbortController();
        } else if (what.do === "cancel") {
          branches[b]!.cancel("over");
          left.add(b);
        } else if (what.do === "close") source.close();
        else await Promise.resolve();
        // Only those who are still here hold anybody back; who left may be anywhere behind.
        const { received } = source.snapshot();
        const here = got.flatMap((items, n) => (left.has(n) ? [] : [items.length]));
        if (here.length > 0) expect(received - Math.min(...here)).toBeLessThanOrEqual(lag);
        expect(received).toBe(Math.max(...got.map((items) => items.length)));
      }
      for (const stop of stops) stop.abort("enough");
      const quickest = got.reduce((most, items) => (items.length > most.length ? items : most));
      // Who stays gets all that has left the source; nobody gets anything else.
      for (const [n, items] of got.entries()) {
        const missing = quickest.length - items.length;
        if (!left.has(n) && missing > 0) items.push(...branches[n]!.drain(missing));
        expect(items).toEqual(quickest.slice(0, items.length));
        if (!left.has(n)) expect(items.length).toBe(quickest.length);
      }
      for (const one of branches) one.cancel();
      source.cancel();
      await Promise.all(pending);
      expect([...quickest, ...lost].sort()).toEqual(accepted.sort());
      expect([...quickest]).toEqual([...quickest].sort((a, b) => a - b));
    },
  );
}

/** A channel for each branch, filled as long as the quickest takes. */
function overrunning(receiver: Receiver<number>, n: number): Receiver<number>[] {
  const channels = Array.from({ length: n }, () => new Channel<number>(1_000));
  return spreadBy(receiver, channels, (channel, item) => channel.trySend(item));
}

/** A rendezvous for each branch. */
function forgetful(receiver: Receiver<number>, n: number): Receiver<number>[] {
  const channels = Array.from({ length: n }, () => new Channel<number>(0));
  return spreadBy(receiver, channels, (channel, item) => channel.trySend(item));
}

function spreadBy(
  receiver: Receiver<number>,
  channels: Channel<number>[],
  give: (channel: Channel<number>, item: number) => void,
): Receiver<number>[] {
  return channels.map((channel) => ({
    ...channel.receiver,
    receiveInto: (take, options) => {
      const waiting = channel.receiveInto(take, options);
      void receiver.receiveInto((item) => channels.map((one) => give(one, item))).catch(() => undefined);
      return waiting;
    },
  }));
}
