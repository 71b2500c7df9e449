import { PassThrough, Readable } from "node:stream";
import { chunksOf, readableChunks, streamOf } from "@sluice/object-store";
import { describe, expect, test } from "vitest";

const failure = (error: unknown) => new Error("failed", { cause: error });
const of = (source: Readable, signal?: AbortSignal) => readableChunks(source, { signal, failure });
const ticks = () => new Promise((resolve) => setImmediate(resolve));

/** A stream that brings what it is told to, whether or not it was paused. */
class Deaf extends PassThrough {
  bring(text: string): void {
    this.emit("data", Buffer.from(text));
  }
}

describe("the chunks of a Readable", () => {
  test("come as they were pushed, and nothing is read before they are asked for", async () => {
    const source = Readable.from([Buffer.from("one"), Buffer.from("two")], { objectMode: true });
    const chunks = of(source);
    await ticks();
    expect(source.readableFlowing).toBe(false);
    expect([await chunks.next(), await chunks.next(), await chunks.next()]).toEqual([
      new Uint8Array(Buffer.from("one")),
      new Uint8Array(Buffer.from("two")),
      undefined,
    ]);
    expect(await chunks.next()).toBeUndefined();
  });

  test("share their memory with nothing else", async () => {
    const slab = Buffer.from("a slab of memory");
    const chunk = await of(Readable.from([slab.subarray(2, 6)], { objectMode: true })).next();
    expect(chunk?.buffer.byteLength).toBe(4);
  });

  test("fail as the stream fails, also while nobody asks", async () => {
    const source = new PassThrough();
    const chunks = of(source);
    const cause = new Error("reset");
    source.destroy(cause);
    await ticks();
    await expect(chunks.next()).rejects.toMatchObject({ message: "failed", cause });
  });

  test("fail if the stream is closed before its end", async () => {
    const source = new PassThrough();
    const waiting = of(source).next();
    source.destroy();
    await expect(waiting).rejects.toMatchObject({ cause: { message: /before the end/ } });
  });

  test("end with the signal's own reason, and the stream is destroyed", async () => {
    const source = new PassThrough();
    const stop = new AbortController();
    const waiting = of(source, stop.signal).next();
    const reason = new Error("enough");
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(source.destroyed).toBe(true);
  });

  test("of a stream that was lost already are refused at once", async () => {
    const source = new PassThrough();
    source.on("error", () => {});
    source.destroy(new Error("reset"));
    await ticks();
    await expect(of(source).next()).rejects.toMatchObject({ message: "failed" });
  });

  test("that come although the stream was paused are one at the most", async () => {
    const source = new Deaf();
    const chunks = of(source);
    source.bring("one");
    expect(source.destroyed).toBe(false);
    source.bring("two");
    expect(source.destroyed).toBe(true);
    expect(await chunks.next()).toEqual(new Uint8Array(Buffer.from("one")));
    await expect(chunks.next()).rejects.toMatchObject({ cause: { message: /although it was paused/ } });
  });

  test("end for who waits when they are cancelled", async () => {
    const source = new PassThrough();
    const chunks = of(source);
    const waiting = chunks.next();
    chunks.cancel("enough");
    expect(await waiting).toBeUndefined();
    expect(source.destroyed).toBe(true);
  });
});

describe("a body", () => {
  test("is read without its stream by who knows how, and is locked for all others", async () => {
    const body = streamOf(of(Readable.from([Buffer.from("one")], { objectMode: true })));
    const chunks = chunksOf(body);
    expect(body.locked).toBe(true);
    expect(await chunks.next()).toEqual(new Uint8Array(Buffer.from("one")));
    expect(await chunks.next()).toBeUndefined();
  });

  test("is a byte stream for all others, with an end for a reader that brings its own buffer", async () => {
    const body = streamOf(of(Readable.from([Buffer.from("one")], { objectMode: true })));
    const reader = body.getReader({ mode: "byob" });
    const { value } = await reader.read(new Uint8Array(8));
    expect(value).toEqual(new Uint8Array(Buffer.from("one")));
    expect((await reader.read(new Uint8Array(8))).done).toBe(true);
  });

  test("of any other kind has its chunks copied, unless they are its own", async () => {
    const chunk = new Uint8Array([1, 2]);
    const plain = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new Uint8Array(0));
        controller.enqueue(chunk);
        controller.close();
      },
    });
    const read = chunksOf(plain);
    const got = await read.next();
    expect(got).toEqual(chunk);
    expect(got?.buffer).not.toBe(chunk.buffer);
    expect(await read.next()).toBeUndefined();
  });
});
