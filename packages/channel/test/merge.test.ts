import { Channel, merge, type Receiver } from "@sluice/channel";
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

test("sources that all have items take turns, and each keeps its order", async () => {
  const merged = merge(filled([1, 2, 3], "close"), filled([10, 20], "close"), filled([], "close"));
  expect(await all(merged)).toEqual([1, 10, 2, 20, 3]);
  const ready = merge(filled([1, 2, 3]), filled([10, 20]));
  expect(ready.drain(2)).toEqual([1, 10]);
  expect([ready.tryReceive(), ready.drain()]).toEqual([{ value: 2 }, [20, 3]]);
});

test("it ends when all have ended; nothing at all ends at once", async () => {
  const [one, two] = [new Channel<number>(1), new Channel<number>(0)];
  const merged = merge(one, two);
  const first = merged.receive();
  one.close();
  await turns();
  const sent = two.send(7);
  expect(await first).toBe(7);
  await sent;
  two.close();
  await expect(merged.receive()).rejects.toMatchObject({ code: "ERR_CLOSED" });
  expect(await merged.receiveMany(3)).toEqual([]);
  expect(await merged.receiveInto(() => expect.unreachable())).toBe(false);
  expect(await all(merge())).toEqual([]);
});

test("the first failure is the answer, also while another source has always more, and cancels the others", async () => {
  const [failing, endless] = [filled([1]), filled(Array.from({ length: 500 }, () => 10))];
  const merged = merge(endless, failing);
  failing.fail("why");
  const got: number[] = [];
  await expect(
    (async () => {
      for await (const item of merged) got.push(item);
    })(),
  ).rejects.toBe("why");
  expect(got.slice(0, 2)).toEqual([10, 1]);
  expect(got.length).toBeLessThan(200);
  await expect(merged.receive()).rejects.toBe("why");
  await expect(endless.send(1)).rejects.toMatchObject({ code: "ERR_CLOSED", cause: "why" });
});

test("no item leaves its source before somebody receives, and none when that somebody is gone", async () => {
  const sources = [new Channel<number>(1), new Channel<number>(1)];
  const merged = merge(...sources);
  await turns();
  const stop = new AbortController();
  const waiting = merged.receive({ signal: stop.signal });
  stop.abort("enough");
  for (const source of sources) source.trySend(1);
  await expect(waiting).rejects.toBe("enough");
  expect(sources.map((source) => source.snapshot().received)).toEqual([0, 0]);
  // Two come in the same turn for one who waits.
  for (const source of sources) source.drain();
  const one = merged.receive();
  for (const source of sources) source.trySend(2);
  expect(await one).toBe(2);
  expect(sources.map((source) => source.snapshot().received)).toEqual([2, 1]);
});

test("cancelling it, or leaving consume(), cancels every source with the reason", async () => {
  const lost: number[] = [];
  const make = () => new Channel<number>({ capacity: 2, onUndelivered: (item) => lost.push(item) });
  const sources = [make(), make()];
  for (const source of sources) source.trySend(1);
  const merged = merge(...sources);
  for await (const _ of merged.consume()) break;
  expect(lost).toEqual([1]);
  await expect(merged.receive()).rejects.toMatchObject({ code: "ERR_CLOSED" });
  const other = new Channel<number>(1);
  const waiting = merge(other).receive();
  const cancelled = merge(other, ...sources);
  cancelled.cancel("enough");
  await expect(waiting).rejects.toMatchObject({ code: "ERR_CLOSED" });
  await expect(other.send(1)).rejects.toMatchObject({ cause: "enough" });
});

test("it is a receiver like any other: time-outs, batches, a merge of merges, the same source twice", async () => {
  const source = filled([1, 2, 3]);
  const merged = merge(merge<number>(source, new Channel(1)), merge<number>(source));
  expect(await merged.receiveMany(2)).toEqual([1, 2]);
  expect(await merged.receive()).toBe(3);
  await expect(merged.receive({ timeout: 0 })).rejects.toMatchObject({ code: "ERR_WAIT_TIMEOUT" });
  await expect(merged.receive({ timeout: -1 })).rejects.toThrow(RangeError);
  await expect(merged.receiveMany(0)).rejects.toThrow(RangeError);
  const waiting = [merged.receive(), merged.receive()];
  source.trySend(4);
  source.trySend(5);
  expect(await Promise.all(waiting)).toEqual([4, 5]);
});

describe("on any schedule", () => {
  test("what was sent was received or reported as undelivered, once, in the order of its source", async () => {
    await fc.assert(conserves(merge), schedules(1_500));
  });

  test("a merge that keeps items in its hands is found out", async () => {
    const held = await fc.check(conserves(sloppy), schedules(1_500));
    expect(held.failed).toBe(true);
  });
});

type Step =
  | { do: "send" | "try" | "close" | "end of one"; source: number }
  | { do: "receive" | "into" | "many" | "tryReceive" | "abort" | "turn" | "cancel" };

function conserves(make: <T>(...receivers: Receiver<T>[]) => Receiver<T>) {
  const source = fc.nat({ max: 2 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constantFrom("send" as const, "try" as const), source }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), source }) },
    {
      weight: 7,
      arbitrary: fc.record({
        do: fc.constantFrom("receive", "into", "many", "tryReceive", "abort", "turn" as const),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const) }) },
  ) as fc.Arbitrary<Step>;
  const capacities = fc.array(fc.nat({ max: 2 }), { minLength: 3, maxLength: 3 });
  return fc.asyncProperty(capacities, fc.array(step, { maxLength: 40 }), async (sizes, steps) => {
    const out: [number, number][] = [];
    const lost: [number, number][] = [];
    const onUndelivered = (item: [number, number]) => lost.push(item);
    const sources = sizes.map((capacity) => new Channel<[number, number]>({ capacity, onUndelivered }));
    const merged = make(...sources);
    let stop = new AbortController();
    let sent = 0;
    const accepted: [number, number][] = [];
    const pending: Promise<unknown>[] = [];
    const note = (got: [number, number]) => out.push(got);
    const wait = (promise: Promise<unknown>) =>
      pending.push(
        promise.catch((error) => {
          if (error !== "enough" && error?.code !== "ERR_CLOSED") throw error;
        }),
      );
    for (const what of steps) {
      const { signal } = stop;
      if (what.do === "send") {
        const item: [number, number] = [what.source, sent++];
        wait(sources[what.source]!.send(item).then(() => accepted.push(item)));
      } else if (what.do === "try") {
        const item: [number, number] = [what.source, sent++];
        if (sources[what.source]!.trySend(item)) accepted.push(item);
      } else if (what.do === "close") sources[what.source]!.close();
      else if (what.do === "receive") wait(merged.receive({ signal }).then(note));
      else if (what.do === "into") wait(merged.receiveInto(note, { signal }));
      else if (what.do === "many") wait(merged.receiveMany(2, { signal }).then((got) => got.map(note)));
      else if (what.do === "tryReceive") merged.drain(1).map(note);
      else if (what.do === "cancel") merged.cancel("over");
      else if (what.do === "turn") await Promise.resolve();
      else {
        stop.abort("enough");
        stop = new AbortController();
      }
    }
    stop.abort("enough");
    merged.cancel();
    await Promise.all(pending);
    const key = ([s, n]: [number, number]) => `${s}:${n}`;
    expect([...out, ...lost].map(key).sort()).toEqual(accepted.map(key).sort());
    // What is noted by promise may be noted a turn later than what is handed over: order is judged by what a single
    // way of receiving saw.
    const ways = new Set(steps.map((one) => one.do).filter((way) => ["receive", "into"].includes(way)));
    if (ways.size === 1 && !steps.some((one) => one.do === "many" || one.do === "tryReceive")) {
      for (const one of [0, 1, 2]) {
        const numbers = out.filter(([s]) => s === one).map(([, n]) => n);
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      }
    }
  });
}

/** Awaits each source, and then somebody who receives. */
function sloppy<T>(...receivers: Receiver<T>[]): Receiver<T> {
  const merged = new Channel<T>(0);
  let open = receivers.length;
  for (const receiver of receivers) {
    void (async () => {
      for await (const item of receiver) await merged.send(item);
      if (--open === 0) merged.close();
    })().catch(() => undefined);
  }
  void merged.whenClosed().then(({ cause }) => {
    for (const receiver of receivers) receiver.cancel(cause);
  });
  return merged;
}
