import { Readable } from "node:stream";
import { Channel, type Receiver } from "@sluice/channel";
import { fromReadable, toReadable } from "@sluice/channel/node";
import { broadcast, fromReadableStream, merge, toReadableStream } from "@sluice/channel/streams";
import { describe, expect, test } from "vitest";

function filled(items: readonly number[]): Channel<number> {
  const channel = new Channel<number>(Math.max(1, items.length));
  for (const item of items) channel.trySend(item);
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

describe("web streams", () => {
  test("a stream takes an item only when it is asked for one, and ends with the channel", async () => {
    const channel = filled([1, 2]);
    const reader = toReadableStream(channel).getReader();
    await turns();
    expect(channel.snapshot().received).toBe(0);
    expect(await reader.read()).toEqual({ done: false, value: 1 });
    channel.close();
    expect([(await reader.read()).value, (await reader.read()).done]).toEqual([2, true]);
  });

  test("errors and cancellation go both ways, as they are", async () => {
    const failing = new Channel<number>(1);
    failing.fail("why");
    await expect(toReadableStream(failing).getReader().read()).rejects.toBe("why");
    const cancelled = filled([1]);
    await toReadableStream(cancelled).cancel("enough");
    await expect(cancelled.send(2)).rejects.toMatchObject({ code: "ERR_CLOSED", cause: "enough" });
  });

  test("what a stream has is sent as there is room; then the channel is closed", async () => {
    const channel = new Channel<number>(1);
    const poured = fromReadableStream(toReadableStream(closed([1, 2, 3])), channel);
    expect(await all(channel)).toEqual([1, 2, 3]);
    await poured;
  });

  test("a stream that fails fails the channel; a channel that refuses cancels the stream", async () => {
    const channel = new Channel<number>(1);
    const failing = new ReadableStream<number>({ start: (controller) => controller.error("why") });
    await expect(fromReadableStream(failing, channel)).rejects.toBe("why");
    await expect(channel.receive()).rejects.toBe("why");
    const source = filled([1]);
    const over = new Channel<number>(1);
    over.cancel();
    await expect(fromReadableStream(toReadableStream(source), over)).rejects.toMatchObject({
      code: "ERR_CLOSED",
    });
    await turns();
    expect(source.snapshot().phase).toBe("cancelled");
  });
});

function closed(items: readonly number[]): Channel<number> {
  const channel = filled(items);
  channel.close();
  return channel;
}

describe("merge", () => {
  test("brings all items, each source in order, and ends when all have ended", async () => {
    const items = await all(merge<number>(closed([1, 2, 3]), closed([10, 20])));
    expect(items.filter((n) => n < 10)).toEqual([1, 2, 3]);
    expect(items.filter((n) => n >= 10)).toEqual([10, 20]);
    expect(await all(merge())).toEqual([]);
  });

  test("the first failure is the answer, and cancels the others", async () => {
    const [failing, other] = [new Channel<number>(1), new Channel<number>(1)];
    const merged = merge<number>(failing, other);
    failing.fail("why");
    await expect(merged.receive()).rejects.toBe("why");
    expect(other.snapshot().phase).toBe("cancelled");
  });

  test("leaving it cancels all sources", async () => {
    const sources = [filled([1, 2]), filled([3])];
    for await (const _ of merge(...sources).consume()) break;
    expect(sources.map((source) => source.snapshot().phase)).toEqual(["cancelled", "cancelled"]);
  });
});

describe("broadcast", () => {
  test("every branch gets every item, then the end", async () => {
    expect(await Promise.all(broadcast(closed([1, 2, 3]), 2).map(all))).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  test("the slowest branch holds the source back; leaving it frees the others", async () => {
    const source = closed([1, 2, 3, 4, 5]);
    const [quick, slow] = broadcast(source, 2, { lag: 2 }) as [Receiver<number>, Receiver<number>];
    const got = all(quick);
    await turns();
    expect(source.snapshot().received).toBe(2);
    slow.cancel();
    expect(await got).toEqual([1, 2, 3, 4, 5]);
  });

  test("when all have left the source is cancelled; a failure reaches all", async () => {
    const source = new Channel<number>(1);
    for (const branch of broadcast(source, 2)) branch.cancel("enough");
    await expect(source.send(1)).rejects.toMatchObject({ cause: "enough" });
    const failing = new Channel<number>(1);
    const branches = broadcast(failing, 2);
    failing.fail("why");
    for (const branch of branches) await expect(branch.receive()).rejects.toBe("why");
    expect(() => broadcast(failing, 0)).toThrow(RangeError);
  });
});

describe("Node streams", () => {
  test("items go out and in, and the ends with them", async () => {
    expect(await all(toReadable(closed([1, 2, 3])))).toEqual([1, 2, 3]);
    const channel = new Channel<number>(1);
    const poured = fromReadable(Readable.from([1, 2, 3]), channel);
    expect(await all(channel)).toEqual([1, 2, 3]);
    await poured;
  });

  test("failure and abandonment go both ways", async () => {
    const failing = new Channel<number>(1);
    failing.fail(new Error("why"));
    await expect(all(toReadable(failing))).rejects.toThrow("why");
    const left = filled([1, 2, 3]);
    for await (const _ of toReadable(left)) break;
    expect(left.snapshot().phase).toBe("cancelled");
    const readable = Readable.from([1, 2]);
    const over = new Channel<number>(1);
    over.cancel();
    await expect(fromReadable(readable, over)).rejects.toMatchObject({ code: "ERR_CLOSED" });
    expect(readable.destroyed).toBe(true);
  });
});
