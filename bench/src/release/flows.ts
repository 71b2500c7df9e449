import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ReadableStream } from "node:stream/web";
import { check, type Work } from "../run/clock.js";
import type { Bytes, Wrap } from "./subject.js";

//  a source of so many chunks ──wrapped──▶ read to its end: the chunks, and the releases, are counted

type Web<T> = globalThis.ReadableStream<T>;

const KIB = 1_024;
const BLOCK = Buffer.alloc(64 * KIB);
const ITEM = { chunk: "always the same one" };

function flow<S>(open: (times: number) => S, read: (stream: S) => Promise<number>) {
  return (wrap: Wrap<S>): Work =>
    async (times) => {
      let releases = 0;
      const stream = wrap(open(times), () => {
        releases++;
      });
      check("chunks that were read", await read(stream), times);
      // A Node stream closes only in the turn after its last chunk.
      if (releases === 0) await new Promise<void>((resolve) => setImmediate(resolve));
      check("releases", releases, 1);
    };
}

/** 64 KiB a chunk, into a sink that throws them away. */
export const piped = flow<Readable>(
  (times) => {
    let left = times;
    return new Readable({
      read() {
        this.push(left-- > 0 ? BLOCK : null);
      },
    });
  },
  async (stream) => {
    let bytes = 0;
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        bytes += chunk.byteLength;
        done();
      },
    });
    await pipeline(stream, sink);
    return bytes / BLOCK.byteLength;
  },
);

/** Objects, in a `for await`. */
export const objects = flow<Readable>((times) => {
  let left = times;
  return new Readable({
    objectMode: true,
    read() {
      this.push(left-- > 0 ? ITEM : null);
    },
  });
}, count);

/** Objects, read one by one. */
export const web = flow<Web<object>>(openWeb, readAll);

/** 1 KiB a chunk, each new, because a byte stream takes the buffers of its chunks away. */
export const bytes = flow<Web<Bytes>>(openBytes, readAll);

/** 1 KiB a chunk, into one buffer that goes to and fro. */
export const byob = flow<Web<Bytes>>(openBytes, async (stream) => {
  const reader = stream.getReader({ mode: "byob" });
  let read = 0;
  for (let buffer = new Uint8Array(KIB); ; ) {
    const { done, value } = await reader.read(buffer);
    if (done) return read / KIB;
    read += value.byteLength;
    buffer = new Uint8Array(value.buffer);
  }
});

export const iterable = flow<AsyncIterable<number>>((times) => {
  let item = 0;
  const next = (): Promise<IteratorResult<number>> =>
    Promise.resolve(item < times ? { done: false, value: item++ } : { done: true, value: undefined });
  return { [Symbol.asyncIterator]: () => ({ next }) };
}, count);

export const response = flow<Response>(
  (times) => new Response(openBytes(times)),
  ({ body }) => readAll(body as Web<Bytes>),
);

/** Whole streams of one chunk each. */
export const short =
  <S>(kind: (wrap: Wrap<S>) => Work) =>
  (wrap: Wrap<S>): Work => {
    const one = kind(wrap);
    return async (times) => {
      for (let left = times; left > 0; left--) await one(1);
    };
  };

function openWeb(times: number): Web<object> {
  let left = times;
  return new ReadableStream<object>(
    {
      pull(controller) {
        if (left-- > 0) controller.enqueue(ITEM);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  ) as Web<object>;
}

function openBytes(times: number): Web<Bytes> {
  let left = times;
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const request = controller.byobRequest;
      if (left-- > 0) {
        if (request) request.respond(KIB);
        else controller.enqueue(new Uint8Array(KIB));
      } else {
        controller.close();
        request?.respond(0);
      }
    },
  }) as Web<Bytes>;
}

async function readAll(stream: Web<unknown>): Promise<number> {
  const reader = stream.getReader();
  let chunks = 0;
  while (!(await reader.read()).done) chunks++;
  return chunks;
}

async function count(items: AsyncIterable<unknown>): Promise<number> {
  let chunks = 0;
  for await (const _ of items) chunks++;
  return chunks;
}
