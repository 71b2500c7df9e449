import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex, PassThrough, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Channel, fromReadableStream } from "@sluice/channel";
import { fromReadable, toReadable } from "@sluice/channel/node";
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

/** Until all that was to happen has happened: Node streams wait for its loop. */
async function rounds(): Promise<void> {
  for (let round = 0; round < 10; round++) await new Promise((resolve) => setImmediate(resolve));
}

describe("a Node stream of what a channel has", () => {
  test("brings the items in order, then the end", async () => {
    expect(await all(toReadable(filled([1, undefined, { a: 1 }, ""], "close")))).toEqual([
      1,
      undefined,
      { a: 1 },
      "",
    ]);
    const channel = new Channel<number>(0);
    const got = all(toReadable(channel.receiver));
    for (const n of [1, 2, 3]) await channel.send(n);
    channel.close();
    expect(await got).toEqual([1, 2, 3]);
  });

  test("takes an item only when it is read", async () => {
    const channel = filled([1, 2, 3]);
    const items = toReadable(channel)[Symbol.asyncIterator]();
    await rounds();
    expect(channel.snapshot().received).toBe(0);
    expect((await items.next()).value).toBe(1);
    await rounds();
    expect(channel.snapshot().received).toBe(1);
  });

  test("is held back by a slow sink", async () => {
    const channel = filled([1, 2, 3, 4, 5, 6]);
    let go!: () => void;
    const sink = new Writable({
      objectMode: true,
      highWaterMark: 1,
      write: (_item, _encoding, done) => {
        go = done;
      },
    });
    toReadable(channel).pipe(sink);
    await rounds();
    expect(channel.snapshot().received).toBeLessThanOrEqual(2);
    go();
    await rounds();
    expect(channel.snapshot().received).toBeLessThanOrEqual(3);
  });

  test("fails with the very error, after what was sent before it", async () => {
    for (const why of [new Error("why"), "why"]) {
      const channel = filled([1]);
      channel.fail(why);
      const items = toReadable(channel)[Symbol.asyncIterator]();
      expect((await items.next()).value).toBe(1);
      await expect(items.next()).rejects.toBe(why);
    }
  });

  test("fails with an error of its own where the channel failed with nothing that Node takes for one", async () => {
    const channel = new Channel<number>(1);
    channel.fail(undefined);
    await expect(toReadable(channel).toArray()).rejects.toMatchObject({ code: "ERR_CLOSED" });
  });

  test("cancels the channel when it is destroyed, or its loop is left", async () => {
    const channel = new Channel<number>(1);
    const stream = toReadable(channel);
    const heard = once(stream, "error");
    stream.read();
    const why = new Error("why");
    stream.destroy(why);
    expect(await heard).toEqual([why]);
    await expect(channel.send(1)).rejects.toMatchObject({ code: "ERR_CLOSED", cause: why });
    const left = filled([1, 2, 3]);
    for await (const _ of toReadable(left)) break;
    expect(left.snapshot()).toMatchObject({ phase: "cancelled", received: 1 });
  });

  test("cancels the channel when a pipeline's sink fails", async () => {
    const channel = filled([1, 2, 3]);
    const failing = new Writable({
      objectMode: true,
      write: (n, _encoding, done) => done(n === 2 ? new Error("disk full") : null),
    });
    await expect(pipeline(toReadable(channel), failing)).rejects.toThrow("disk full");
    await expect(channel.send(4)).rejects.toMatchObject({ cause: { message: "disk full" } });
  });

  test("has no word for null: that item fails the stream and cancels the channel", async () => {
    const channel = filled<unknown>([1, null, 2]);
    const items = toReadable(channel)[Symbol.asyncIterator]();
    expect((await items.next()).value).toBe(1);
    await expect(items.next()).rejects.toThrow(
      "an item must be anything but null, which ends a Node stream, got null",
    );
    expect(channel.snapshot().phase).toBe("cancelled");
  });

  test("as a stream of bytes it leaves empty chunks out, and refuses what is not bytes", async () => {
    const slab = new Uint8Array([1, 2, 3, 4]);
    const parts = [slab.subarray(0, 0), slab.subarray(0, 1), slab.subarray(1, 1), slab.subarray(1)];
    const stream = toReadable(filled(parts, "close"), { objectMode: false });
    expect(stream.readableObjectMode).toBe(false);
    expect(Buffer.concat(await all(stream))).toEqual(Buffer.from(slab));
    const wrong = filled(["text" as unknown as Uint8Array]);
    await expect(all(toReadable(wrong, { objectMode: false }))).rejects.toMatchObject({
      code: "ERR_INVALID_VALUE",
      message: 'an item must be a Uint8Array, got "text"',
    });
  });
});

describe("a channel fed by a Node stream", () => {
  test("ends with what is read of a duplex stream, though that can be written to still", async () => {
    const duplex = new Duplex({ objectMode: true, read: () => undefined, write: () => undefined });
    const channel = new Channel<number>(4);
    const poured = fromReadable(duplex, channel);
    for (const item of [1, 2, null]) duplex.push(item);
    await poured;
    expect([channel.drain(), duplex.writable]).toEqual([[1, 2], true]);
    expect(duplex.listenerCount("readable")).toBe(0);
  });

  test("is not asked for a second chunk, where it keeps none, before there is room", async () => {
    let reads = 0;
    const stream = new Readable({
      objectMode: true,
      highWaterMark: 0,
      read: () => void stream.push(++reads),
    });
    const stop = new AbortController();
    const channel = new Channel<number>(1);
    const poured = fromReadable(stream, channel, { signal: stop.signal });
    await rounds();
    expect([reads, channel.snapshot().size]).toEqual([1, 1]);
    stop.abort("enough");
    await expect(poured).rejects.toBe("enough");
  });

  test("listens once for what is readable", async () => {
    const stream = new Readable({ objectMode: true, read: () => undefined });
    const channel = new Channel<number>(4);
    const poured = fromReadable(stream, channel);
    for (const item of [1, 2, 3]) {
      stream.push(item);
      await rounds();
      expect(stream.listenerCount("readable")).toBe(1);
    }
    stream.push(null);
    await poured;
  });

  test.each([0, 1, 3])("gets all, in order, then the end, at capacity %i", async (capacity) => {
    const channel = new Channel<number>(capacity);
    const poured = fromReadable(Readable.from([1, 2, 3, 4, 5]), channel.sender);
    expect(await all(channel)).toEqual([1, 2, 3, 4, 5]);
    await poured;
  });

  test("gets no chunk before it has room", async () => {
    const source = filled([1, 2, 3, 4]);
    const channel = new Channel<number>(2);
    void fromReadable(toReadable(source), channel);
    await rounds();
    expect(source.snapshot().received).toBe(2);
    channel.tryReceive();
    await rounds();
    expect(source.snapshot().received).toBe(3);
  });

  test("is closed with its stream, also while there is no room", async () => {
    const channel = new Channel<number>(3);
    await fromReadable(Readable.from([1, 2, 3]), channel);
    expect(await all(channel)).toEqual([1, 2, 3]);
    const ended = new PassThrough();
    const bytes = new Channel<Uint8Array>(1);
    const poured = fromReadable(ended, bytes);
    ended.write("a");
    await rounds();
    ended.end();
    await poured;
    expect((await bytes.receive()).toString()).toBe("a");
  });

  test("fails with its stream: with its error, or because it closed before its end", async () => {
    for (const [why, expected] of [
      [new Error("why"), { message: "why" }],
      [undefined, { code: "ERR_STREAM_PREMATURE_CLOSE" }],
    ] as const) {
      for (const before of [true, false]) {
        const channel = new Channel<Uint8Array>(1);
        const stream = new PassThrough();
        stream.on("error", () => undefined);
        if (before) stream.destroy(why);
        const poured = fromReadable(stream, channel);
        await rounds();
        stream.destroy(why);
        await expect(poured).rejects.toMatchObject(expected);
        await expect(channel.receive()).rejects.toMatchObject(expected);
      }
    }
  });

  test.each([
    { when: "it waits for the next chunk", capacity: 2, chunks: 1 },
    { when: "there is no room", capacity: 1, chunks: 2 },
    { when: "nobody receives at a rendezvous", capacity: 0, chunks: 1 },
  ])("destroys the stream at once when nobody receives any more, while $when", async (at) => {
    for (const why of [new Error("enough"), undefined]) {
      const channel = new Channel<number>(at.capacity);
      const stream = new PassThrough({ objectMode: true });
      for (let n = 0; n < at.chunks; n++) stream.write(n);
      const poured = fromReadable(stream, channel);
      await rounds();
      channel.cancel(why);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      expect([stream.destroyed, stream.errored]).toEqual([true, why ?? null]);
      await expect(poured).rejects.toMatchObject({ code: "ERR_CLOSED" });
    }
  });

  test("stops with the signal, also a stream that never closes", async () => {
    const stop = new AbortController();
    const stuck = new Readable({ read: () => undefined, destroy: () => undefined });
    const channel = new Channel<Uint8Array>(1);
    const poured = fromReadable(stuck, channel, { signal: stop.signal });
    await rounds();
    stop.abort("stop");
    await expect(poured).rejects.toBe("stop");
    await expect(channel.receive()).rejects.toBe("stop");
    expect(stuck.destroyed).toBe(true);
  });

  test("leaves nothing unhandled when nobody looks at the promise", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    process.on("uncaughtException", note);
    const failing = new Channel<number>(1);
    const stream = new PassThrough({ objectMode: true });
    void fromReadable(stream, failing);
    stream.destroy(new Error("why"));
    const cancelled = new Channel<number>(1);
    void fromReadable(Readable.from([1, 2, 3]), cancelled);
    cancelled.cancel(new Error("enough"));
    await rounds();
    process.off("unhandledRejection", note);
    process.off("uncaughtException", note);
    expect(unhandled).toEqual([]);
  });
});

test("64 MiB go from a web stream through two channels into a file and back, byte for byte, within a small room", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-"));
  try {
    const [sent, got] = [createHash("sha256"), createHash("sha256")];
    const size = 64 * 2 ** 20;
    let made = 0;
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk = randomBytes(Math.min(size - made, 1 + ((made * 7919) % 200_000)));
        made += chunk.byteLength;
        sent.update(chunk);
        controller.enqueue(chunk);
        if (made === size) controller.close();
      },
    });
    const make = () => new Channel<Uint8Array>({ capacity: 2 ** 20, weigh: ({ byteLength }) => byteLength });
    const [out, back] = [make(), make()];
    const path = join(folder, "bytes");
    await Promise.all([
      fromReadableStream(source, out),
      pipeline(toReadable(out, { objectMode: false }), createWriteStream(path)),
    ]);
    const poured = fromReadable(createReadStream(path), back);
    for await (const chunk of back) got.update(chunk);
    await poured;
    expect(got.digest("hex")).toBe(sent.digest("hex"));
    expect(back.snapshot().peakWeight).toBeLessThanOrEqual(2 ** 20);
  } finally {
    await rm(folder, { recursive: true });
  }
});
