import { Channel, fromReadableStream, toReadableStream } from "@sluice/channel";
import { describe, expect, test } from "vitest";

function filled<T>(items: readonly T[], end?: "close"): Channel<T> {
  const channel = new Channel<T>(Math.max(1, items.length));
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
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

/** A stream that the test feeds, and what it hears. */
function fed<T>(highWaterMark = 1) {
  const heard: unknown[] = [];
  let pulls = 0;
  let controller!: ReadableStreamDefaultController<T>;
  const stream = new ReadableStream<T>(
    {
      start(its) {
        controller = its;
      },
      pull: () => void pulls++,
      cancel: (reason) => void heard.push(reason),
    },
    { highWaterMark },
  );
  return { stream, controller, heard, pulls: () => pulls };
}

describe("a stream of what a channel has", () => {
  test("takes one chunk for one read as a stream of bytes as well, and leaves empty ones out", async () => {
    const chunk = (...bytes: number[]) => new Uint8Array(bytes);
    const channel = filled([chunk(), chunk(1), chunk(2)]);
    const reader = toReadableStream(channel, { type: "bytes" }).getReader();
    expect(await reader.read()).toEqual({ done: false, value: chunk(1) });
    await turns();
    expect(channel.drain()).toEqual([chunk(2)]);
  });

  test("takes an item only when it is asked for one, and ends with the channel", async () => {
    const channel = filled([1, 2]);
    const reader = toReadableStream(channel.receiver).getReader();
    await turns();
    expect(channel.snapshot().received).toBe(0);
    expect(await reader.read()).toEqual({ done: false, value: 1 });
    await turns();
    expect(channel.snapshot().received).toBe(1);
    channel.close();
    expect(await reader.read()).toEqual({ done: false, value: 2 });
    expect(await reader.read()).toEqual({ done: true, value: undefined });
  });

  test("fails with the very error, after what was sent before it", async () => {
    const channel = filled([1]);
    channel.fail("why");
    const reader = toReadableStream(channel).getReader();
    expect(await reader.read()).toEqual({ done: false, value: 1 });
    await expect(reader.read()).rejects.toBe("why");
  });

  test.each([undefined, "bytes" as const])("cancels the channel when it is cancelled (%s)", async (type) => {
    for (const reading of [false, true]) {
      const channel = new Channel<Uint8Array>(1);
      const stream = type ? toReadableStream(channel, { type }) : toReadableStream(channel);
      const reader = stream.getReader();
      const read = reading ? reader.read() : undefined;
      await reader.cancel("enough");
      await expect(channel.send(new Uint8Array(1))).rejects.toMatchObject({ cause: "enough" });
      expect((await read)?.done).toBe(reading ? true : undefined);
    }
  });

  test("has an item delivered or undelivered when it is cancelled in the turn in which the item comes", async () => {
    const lost: number[] = [];
    const channel = new Channel<number>({ capacity: 2, onUndelivered: (item) => lost.push(item) });
    const reader = toReadableStream(channel).getReader();
    const read = reader.read();
    await turns();
    channel.trySend(1);
    channel.trySend(2);
    void reader.cancel();
    expect(await read).toEqual({ done: false, value: 1 });
    expect(lost).toEqual([2]);
  });

  test("cancels the channel when a pipe's sink fails", async () => {
    const channel = filled([1, 2, 3]);
    const failing = new WritableStream<number>({
      write(n) {
        if (n === 2) throw new Error("disk full");
      },
    });
    await expect(toReadableStream(channel).pipeTo(failing)).rejects.toThrow("disk full");
    await expect(channel.send(4)).rejects.toMatchObject({ cause: { message: "disk full" } });
  });

  test("cancels the channel when a loop over it is left", async () => {
    const channel = filled([1, 2, 3]);
    for await (const _ of toReadableStream(channel)) break;
    expect(channel.snapshot()).toMatchObject({ phase: "cancelled", received: 1 });
  });
});

describe("a byte stream of what a channel has", () => {
  test("fills the reader's own buffer, and leaves the sender's bytes alone", async () => {
    const slab = new Uint8Array([1, 2, 3, 4, 5, 6]);
    const parts = [slab.subarray(0, 2), slab.subarray(2, 2), slab.subarray(2, 6)];
    const reader = toReadableStream(filled(parts, "close"), { type: "bytes" }).getReader({ mode: "byob" });
    const got: number[] = [];
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(3));
      if (value) got.push(...value);
      if (done) break;
    }
    expect(got).toEqual([1, 2, 3, 4, 5, 6]);
    expect(slab.byteLength).toBe(6);
  });

  test("ends and fails a read that waits in the reader's own buffer", async () => {
    const channel = new Channel<Uint8Array>(1);
    const reader = toReadableStream(channel, { type: "bytes" }).getReader({ mode: "byob" });
    const read = reader.read(new Uint8Array(3));
    await turns();
    channel.close();
    expect(await read).toMatchObject({ done: true });
    const failing = new Channel<Uint8Array>(1);
    const other = toReadableStream(failing, { type: "bytes" }).getReader({ mode: "byob" });
    const failed = other.read(new Uint8Array(3));
    failing.fail("why");
    await expect(failed).rejects.toBe("why");
  });

  test("gives a plain reader each chunk, and nothing for an empty one", async () => {
    const chunks = [new Uint8Array(0), new Uint8Array([1]), new Uint8Array(0), new Uint8Array([2, 3])];
    expect(await all(toReadableStream(filled(chunks, "close"), { type: "bytes" }))).toEqual([
      new Uint8Array([1]),
      new Uint8Array([2, 3]),
    ]);
  });

  test("refuses what is not bytes, and cancels the channel", async () => {
    const channel = filled(["text" as unknown as Uint8Array]);
    const reader = toReadableStream(channel, { type: "bytes" }).getReader();
    await expect(reader.read()).rejects.toThrow(/^a chunk must be a Uint8Array, got /);
    expect(channel.snapshot().phase).toBe("cancelled");
  });
});

describe("a channel fed by a stream", () => {
  test.each([0, 1, 3])("gets all, in order, then the end, at capacity %i", async (capacity) => {
    const channel = new Channel<number>(capacity);
    const stream = toReadableStream(filled([1, 2, 3, 4, 5], "close"));
    const poured = fromReadableStream(stream, channel.sender);
    expect(await all(channel)).toEqual([1, 2, 3, 4, 5]);
    await poured;
    expect(stream.locked).toBe(false);
  });

  test("gets no chunk before it has room", async () => {
    const source = filled([1, 2, 3, 4]);
    const channel = new Channel<number>(2);
    void fromReadableStream(toReadableStream(source), channel);
    await turns();
    expect(source.snapshot().received).toBe(2);
    channel.tryReceive();
    await turns();
    expect(source.snapshot().received).toBe(3);
    const meeting = new Channel<number>(0);
    const other = filled([1, 2]);
    void fromReadableStream(toReadableStream(other), meeting);
    await turns();
    expect(other.snapshot().received).toBe(0);
    expect(await meeting.receive()).toBe(1);
  });

  test("weighs chunks that it cannot know before, and holds one of them at most", async () => {
    const source = filled([3, 4, 5, 1]);
    const channel = new Channel<number>({ capacity: 8, weigh: (n) => n });
    void fromReadableStream(toReadableStream(source), channel);
    await turns();
    expect(channel.snapshot()).toMatchObject({ weight: 7, waitingSenders: 1 });
    expect(source.snapshot().received).toBe(3);
    expect(channel.drain(2)).toEqual([3, 4]);
    await turns();
    expect(channel.drain()).toEqual([5, 1]);
  });

  test("is closed or fails with its stream, also while there is no room", async () => {
    const full = new Channel<number>(2);
    const { stream, controller } = fed<number>();
    const poured = fromReadableStream(stream, full);
    controller.enqueue(1);
    controller.enqueue(2);
    await turns();
    controller.close();
    await poured;
    expect(await all(full)).toEqual([1, 2]);
    const failing = new Channel<number>(1);
    const other = fed<number>();
    const failed = fromReadableStream(other.stream, failing);
    other.controller.enqueue(1);
    await turns();
    other.controller.error("why");
    await expect(failed).rejects.toBe("why");
    expect(await failing.receive()).toBe(1);
    await expect(failing.receive()).rejects.toBe("why");
  });

  test.each([
    { when: "a read is pending", capacity: 2, chunks: 1 },
    { when: "there is no room", capacity: 1, chunks: 2 },
    { when: "nobody receives at a rendezvous", capacity: 0, chunks: 1 },
  ])("cancels the stream at once when nobody receives any more, while $when", async (at) => {
    const channel = new Channel<number>(at.capacity);
    const { stream, controller, heard } = fed<number>();
    for (let n = 0; n < at.chunks; n++) controller.enqueue(n);
    const poured = fromReadableStream(stream, channel);
    await turns();
    channel.cancel("enough");
    await turns();
    expect(heard).toEqual(["enough"]);
    await expect(poured).rejects.toMatchObject({ code: "ERR_CLOSED", cause: "enough" });
    expect(stream.locked).toBe(false);
  });

  test("reports a chunk that comes in the turn of the cancellation as undelivered", async () => {
    const lost: number[] = [];
    const channel = new Channel<number>({ capacity: 2, onUndelivered: (item) => lost.push(item) });
    const { stream, controller } = fed<number>();
    const poured = fromReadableStream(stream, channel);
    await turns();
    controller.enqueue(7);
    channel.cancel();
    await expect(poured).rejects.toMatchObject({ code: "ERR_CLOSED" });
    expect(lost).toEqual([7]);
  });

  test("stops its stream when somebody else closes it, and ends without waiting for the next chunk", async () => {
    const channel = new Channel<number>(2);
    const { stream, controller, heard } = fed<number>();
    controller.enqueue(1);
    const poured = fromReadableStream(stream, channel);
    await turns();
    channel.close();
    expect(await all(channel)).toEqual([1]);
    expect(heard).toEqual([undefined]);
    await expect(poured).rejects.toMatchObject({ code: "ERR_CLOSED" });
  });

  test("stops with the signal: stream, channel and promise get its reason", async () => {
    for (const late of [true, false]) {
      const stop = new AbortController();
      if (!late) stop.abort("stop");
      const channel = new Channel<number>(1);
      const { stream, heard } = fed<number>();
      const poured = fromReadableStream(stream, channel, { signal: stop.signal });
      await turns();
      stop.abort("stop");
      await expect(poured).rejects.toBe("stop");
      await expect(channel.receive()).rejects.toBe("stop");
      expect(heard).toEqual(["stop"]);
    }
  });

  test("fails with a chunk that it could never hold, and cancels the stream for it", async () => {
    const channel = new Channel<number>({ capacity: 4, weigh: (n) => n });
    const { stream, controller, heard } = fed<number>();
    controller.enqueue(5);
    const poured = fromReadableStream(stream, channel);
    await expect(poured).rejects.toMatchObject({ code: "ERR_TOO_HEAVY" });
    expect(heard).toMatchObject([{ code: "ERR_TOO_HEAVY" }]);
    await expect(channel.receive()).rejects.toMatchObject({ code: "ERR_TOO_HEAVY" });
  });

  test("fails with what its weigher throws, with a seat and without one", async () => {
    const boom = new Error("boom");
    const weigh = () => {
      throw boom;
    };
    for (const capacity of [0, 4]) {
      const channel = new Channel<number>({ capacity, weigh });
      const { stream, controller, heard } = fed<number>();
      controller.enqueue(1);
      const received = channel.receive().catch((error: unknown) => error);
      await expect(fromReadableStream(stream, channel)).rejects.toBe(boom);
      expect([heard, await received]).toEqual([[boom], boom]);
    }
  });

  test.each([0, 1])("fails where it would have to wait and nobody may, at capacity %i", async (capacity) => {
    const channel = new Channel<number>({ capacity, maxWaiting: 0 });
    channel.trySend(1);
    const { stream, controller, heard } = fed<number>();
    controller.enqueue(2);
    await expect(fromReadableStream(stream, channel)).rejects.toMatchObject({ code: "ERR_OVERLOADED" });
    expect(heard).toMatchObject([{ code: "ERR_OVERLOADED" }]);
  });

  test("fails with a stream that somebody reads already, and leaves nothing unhandled", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const { stream, heard } = fed<number>();
    stream.getReader();
    const channel = new Channel<number>(1);
    void fromReadableStream(stream, channel);
    await expect(channel.receive()).rejects.toThrow(TypeError);
    const rude = new ReadableStream<number>({
      cancel() {
        throw new Error("rude");
      },
    });
    const other = new Channel<number>(1);
    void fromReadableStream(rude, other);
    await turns();
    other.cancel("enough");
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect([unhandled, heard]).toEqual([[], []]);
  });

  test("two streams into one channel never hold more than its room", async () => {
    const sources = [filled([1, 2, 3]), filled([10, 20, 30])];
    const channel = new Channel<number>(1);
    for (const source of sources) void fromReadableStream(toReadableStream(source), channel);
    await turns();
    expect(sources.map((source) => source.snapshot().received)).toEqual([1, 0]);
  });
});
