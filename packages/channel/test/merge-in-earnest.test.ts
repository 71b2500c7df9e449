import { Channel, merge, type Receiver } from "@sluice/channel";
import { expect, test, vi } from "vitest";

function filled<T>(items: readonly T[]): Channel<T> {
  const channel = new Channel<T>(items.length);
  for (const item of items) channel.trySend(item);
  return channel;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

test.each([
  [0, 64],
  [70, 128],
])(
  "a failure after %d items is heard after the %dth, when sources are asked in earnest",
  async (at, heard) => {
    const failing = new Channel<number>(1);
    const merged = merge(filled(Array.from({ length: 500 }, (_, n) => n)), failing);
    const got: number[] = [];
    const receiving = (async () => {
      for (;;) {
        if (got.length === at) failing.fail("why");
        got.push(await merged.receive());
      }
    })();
    await expect(receiving).rejects.toBe("why");
    // One more may be on its way while the failure is told.
    expect([heard, heard + 1, heard + 2]).toContain(got.length);
  },
);

test("an item that sends to another source while it is handed over finds nobody waiting there", async () => {
  const [one, two] = [new Channel<object>(1), new Channel<object>(1)];
  const merged = merge<object>(one, two);
  const second = { n: 2 };
  // Looked at for what makes it a promise, as every item is that a promise resolves with.
  // biome-ignore lint/suspicious/noThenProperty: what is tested is that it is looked at
  const first = Object.defineProperty({}, "then", { get: () => void two.trySend(second) });
  const got = merged.receive();
  one.trySend(first);
  expect(await got.catch(() => "lost")).not.toBe("lost");
  expect(two.snapshot().size).toBe(1);
  expect(merged.tryReceive()).toEqual({ value: second });
});

test("a source that has a burst of items for one question serves all who wait", async () => {
  // A receiver by another hand, which answers only when it is asked.
  let items: number[] = [];
  let asked: ((item: number) => void) | undefined;
  const burst = {
    receiveInto: (take: (item: number) => void) => {
      const item = items.shift();
      if (item === undefined) asked = take;
      else take(item);
      return new Promise(() => undefined);
    },
    tryReceive: () => undefined,
    cancel: () => undefined,
  } as unknown as Receiver<number>;
  const merged = merge(burst);
  const got: number[] = [];
  for (let n = 0; n < 5; n++) void merged.receive().then((item) => got.push(item));
  await turns();
  items = [2, 3, 4, 5];
  asked?.(1);
  await turns();
  expect(got).toEqual([1, 2, 3, 4, 5]);
});

test("of two failures the first is the answer, for ever", async () => {
  const [one, two] = [new Channel<number>(1), new Channel<number>(1)];
  const merged = merge(one, two);
  const waiting = merged.receive();
  one.fail("first");
  two.fail("second");
  await expect(waiting).rejects.toBe("first");
  await turns();
  await expect(merged.receive()).rejects.toBe("first");
});

test("a source is cancelled once, however often the merge is", () => {
  const source = new Channel<number>(1);
  const cancel = vi.spyOn(source, "cancel");
  const merged = merge(source);
  merged.cancel("once");
  merged.cancel("twice");
  expect(cancel.mock.calls).toEqual([["once"]]);
});
