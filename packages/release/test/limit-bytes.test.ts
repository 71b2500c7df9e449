import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { Duplex, PassThrough, Readable } from "node:stream";
import { limitBytes, TooLargeError } from "@sluice/release";
import { describe, expect, test, vi } from "vitest";
import { limitWebStream } from "../src/limit-web-stream.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** Chunks of one kind of stream, and what its source was told. */
interface Kind {
  readonly name: string;
  make(chunks: readonly unknown[], headers?: Record<string, string>): Made;
}

interface Made {
  readonly stream: AsyncIterable<unknown>;
  readonly read: () => Promise<unknown[]>;
  readonly limit: (maxBytes: number, declared?: number) => Made;
  /** How many chunks the source was asked for. */
  readonly asked: () => number;
  /** What the source was cancelled with; `"left"` where that has no reason. */
  readonly cancelled: () => unknown;
}

function made(stream: never, asked: () => number, cancelled: () => unknown): Made {
  const body = (stream as unknown) instanceof Response ? (stream as Response).body! : stream;
  const read = async (): Promise<unknown[]> => {
    const chunks: unknown[] = [];
    try {
      for await (const chunk of body as AsyncIterable<unknown>) chunks.push(chunk);
    } catch (error) {
      chunks.push(error);
    }
    return chunks;
  };
  const limit = (maxBytes: number, declared?: number) =>
    made(
      limitBytes(stream, maxBytes, declared === undefined ? undefined : { declared }) as never,
      asked,
      cancelled,
    );
  return { stream, read, limit, asked, cancelled };
}

function web(type: "bytes" | undefined, wrap = (stream: ReadableStream): object => stream): Kind["make"] {
  return (chunks) => {
    let at = 0;
    let reason: unknown;
    const source = {
      pull(controller: { enqueue(chunk: unknown): void; close(): void }) {
        if (at < chunks.length) controller.enqueue(chunks[at++]);
        else controller.close();
      },
      cancel(why: unknown) {
        reason = why;
      },
    };
    const stream = new ReadableStream({ ...source, type } as never, { highWaterMark: 0 });
    return made(
      wrap(stream) as never,
      () => at,
      () => reason,
    );
  };
}

const KINDS: readonly Kind[] = [
  {
    name: "a Node Readable",
    make(chunks) {
      let at = 0;
      const stream = new Readable({
        highWaterMark: 0,
        read() {
          this.push(at < chunks.length ? chunks[at++] : null);
        },
      });
      return made(
        stream as never,
        () => at,
        () => stream.errored,
      );
    },
  },
  {
    name: "a Node Readable of objects",
    make(chunks) {
      let at = 0;
      const stream = new Readable({
        objectMode: true,
        highWaterMark: 0,
        read() {
          this.push(at < chunks.length ? chunks[at++] : null);
        },
      });
      return made(
        stream as never,
        () => at,
        () => stream.errored,
      );
    },
  },
  { name: "a web stream", make: web(undefined) },
  { name: "a web stream of bytes", make: web("bytes") },
  { name: "a Response", make: web("bytes", (stream) => new Response(stream)) },
  {
    name: "an async generator",
    make(chunks) {
      let at = 0;
      let left: unknown;
      const stream = (async function* () {
        try {
          while (at < chunks.length) yield chunks[at++];
        } finally {
          left = "left";
        }
      })();
      return made(
        stream as never,
        () => at,
        () => left,
      );
    },
  },
  {
    name: "an async iterable",
    make(chunks) {
      let at = 0;
      let left: unknown;
      const stream = {
        [Symbol.asyncIterator]: () => ({
          next: async () =>
            at < chunks.length ? { done: false, value: chunks[at++] } : { done: true, value: undefined },
          return: async () => {
            left = "left";
            return { done: true, value: undefined };
          },
        }),
      };
      return made(
        stream as never,
        () => at,
        () => left,
      );
    },
  },
];

const lengths = (chunks: unknown[]) =>
  chunks.map((chunk) => (chunk instanceof Uint8Array ? chunk.byteLength : chunk));

describe.each(KINDS)("$name", ({ name, make }) => {
  const objects = /objects|a web stream$|async/.test(name);

  test("is of the same kind, and passes on what stays within the limit, to the last byte", async () => {
    const source = make([bytes("abc"), bytes("de"), bytes("fghij")]);
    const limited = source.limit(10);
    expect(limited.stream).not.toBe(source.stream);
    expect(limited.stream instanceof Readable).toBe(source.stream instanceof Readable);
    expect(limited.stream instanceof ReadableStream).toBe(source.stream instanceof ReadableStream);
    expect(limited.stream instanceof Response).toBe(source.stream instanceof Response);
    expect(lengths(await limited.read())).toEqual([3, 2, 5]);
  });

  test("ends with ERR_TOO_LARGE at one byte too many, behind all that came before", async () => {
    const source = make([bytes("abc"), bytes("de"), bytes("fghij"), bytes("k"), bytes("l")]);
    const seen = await source.limit(9).read();
    expect(lengths(seen.slice(0, -1))).toEqual([3, 2]);
    const error = seen.at(-1) as TooLargeError;
    expect(error).toBeInstanceOf(TooLargeError);
    expect(error).toMatchObject({
      name: "TooLargeError",
      code: "ERR_TOO_LARGE",
      status: 413,
      statusCode: 413,
      limit: 9,
      seen: 10,
      declared: undefined,
      message: "at most 9 bytes are allowed, and 10 came",
    });
    await turns();
    expect(source.cancelled()).toBe(/iterable|generator/.test(name) ? "left" : error);
    expect(source.asked()).toBe(3);
  });

  test("refuses what is declared to be too large before it reads, and cancels the source", async () => {
    const source = make([bytes("abc")]);
    const refused = expect.objectContaining({
      code: "ERR_TOO_LARGE",
      limit: 9,
      declared: 10,
      seen: undefined,
      message: "at most 9 bytes are allowed, and 10 were announced",
    });
    expect(() => source.limit(9, 10)).toThrow(refused as never);
    await turns();
    expect(source.asked()).toBe(0);
    // A generator that has not begun has no `finally` to run, and an iterable nothing that was opened.
    if (!/iterable|generator/.test(name)) expect(source.cancelled()).toEqual(refused);
    if (/generator/.test(name)) expect(await source.read()).toEqual([]);
  });

  test("lets what is declared to fit through", async () => {
    expect(
      lengths(
        await make([bytes("abc")])
          .limit(3, 3)
          .read(),
      ),
    ).toEqual([3]);
    expect(
      lengths(
        await make([bytes("abc")])
          .limit(2, 1)
          .read(),
      ).at(-1),
    ).toBeInstanceOf(TooLargeError);
  });

  test("reads nothing ahead", async () => {
    const source = make([bytes("abc"), bytes("de")]);
    const limited = source.limit(10);
    await turns();
    expect(source.asked()).toBe(0);
    const body = limited.stream instanceof Response ? limited.stream.body! : limited.stream;
    const iterator = (body as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    expect(lengths([(await iterator.next()).value])).toEqual([3]);
    await turns();
    // A Readable that was asked for a chunk fills up to its own mark behind it, whoever asks.
    expect(source.asked()).toBeLessThanOrEqual(/Node/.test(name) ? 2 : 1);
  });

  test("with a limit of 0 lets only the empty through", async () => {
    expect(await make([]).limit(0).read()).toEqual([]);
    expect(
      (
        await make([bytes("a")])
          .limit(0)
          .read()
      ).at(-1),
    ).toBeInstanceOf(TooLargeError);
  });

  test.each([Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, "9"])("refuses %s as a limit", (value) => {
    const source = make([bytes("abc")]);
    const expected = "a whole number of bytes";
    const invalid = (what: string) => ({ code: "ERR_INVALID_VALUE", what, value, expected });
    expect(() => source.limit(value as number)).toThrow(
      expect.objectContaining(invalid("maxBytes")) as never,
    );
    expect(() => source.limit(9, value as number)).toThrow(
      expect.objectContaining(invalid("declared")) as never,
    );
  });

  if (objects) {
    test("counts strings as UTF-8, and views and buffers by their bytes", async () => {
      const chunks = ["a€", "é😀", "\ud800", new ArrayBuffer(2), new DataView(new ArrayBuffer(8), 2, 3)];
      // 4 + 6 + 3 + 2 + 3
      const seen = await make(chunks).limit(18).read();
      expect(seen).toEqual(chunks);
      expect(seen[3]).toBe(chunks[3]);
      expect((await make(chunks).limit(17).read()).at(-1)).toMatchObject({ seen: 18 });
      expect((await make(["\u007f\u0080\u07ff\u0800\uffff\u{10000}"]).limit(14).read()).at(-1)).toMatchObject(
        { seen: 15 },
      );
    });

    test("ends with ERR_NOT_BYTES at a chunk that has no size", async () => {
      const source = make([bytes("abc"), { length: 1 }, bytes("d")]);
      const seen = await source.limit(10).read();
      expect(seen.at(-1)).toMatchObject({
        name: "NotBytesError",
        code: "ERR_NOT_BYTES",
        chunk: { length: 1 },
        message: "expected chunks of bytes or strings, got [object Object]",
      });
      await turns();
      expect(source.cancelled()).toBe(/iterable|generator/.test(name) ? "left" : seen.at(-1));
      expect(seen).toHaveLength(2);
    });
  }
});

test("what is no stream is refused", () => {
  for (const value of [undefined, null, 7, "text", {}]) {
    expect(() => limitBytes(value as never, 1)).toThrow(
      expect.objectContaining({ code: "ERR_NOT_A_STREAM" }) as never,
    );
  }
});

describe("a Response", () => {
  test("keeps status, headers and url", async () => {
    const limited = limitBytes(new Response("hello", { status: 203, headers: { "x-a": "b" } }), 5);
    expect([limited.status, limited.headers.get("x-a"), limited.url]).toEqual([203, "b", ""]);
    expect(await limited.text()).toBe("hello");
  });

  test("is refused by its Content-Length, and without a body returned itself", async () => {
    const headers = { "content-length": "6" };
    expect(() => limitBytes(new Response("hello!", { headers }), 5)).toThrow(
      expect.objectContaining({ declared: 6 }) as never,
    );
    expect(await limitBytes(new Response("hello!", { headers }), 6).text()).toBe("hello!");
    const head = new Response(null, { headers });
    expect(limitBytes(head, 5)).toBe(head);
    expect(() => limitBytes(new Response(null), 5, { declared: 6 })).toThrow(TooLargeError);
    for (const odd of ["", "x6", "6x", "-6", "6.5"]) {
      expect(await limitBytes(new Response("ok", { headers: { "content-length": odd } }), 5).text()).toBe(
        "ok",
      );
    }
  });

  test("whose body was read before is refused with ERR_LOCKED", async () => {
    const read = new Response("hello");
    await read.text();
    expect(() => limitBytes(read, 5)).toThrow(
      expect.objectContaining({ code: "ERR_LOCKED", stream: read }) as never,
    );
  });

  test("goes by what the caller says instead of its Content-Length", async () => {
    const response = new Response("hello", { headers: { "content-length": "600" } });
    expect(await limitBytes(response, 5, { declared: 5 }).text()).toBe("hello");
  });
});

describe("a web stream", () => {
  test("that is locked is refused with ERR_LOCKED", () => {
    const stream = new ReadableStream();
    stream.getReader();
    expect(() => limitBytes(stream, 1)).toThrow(
      expect.objectContaining({ name: "LockedError", code: "ERR_LOCKED", stream }) as never,
    );
  });

  test("cancels its source with the consumer's reason", async () => {
    const cancel = vi.fn();
    await limitBytes(new ReadableStream({ cancel }), 1).cancel("enough");
    expect(cancel).toHaveBeenCalledExactlyOnceWith("enough");
  });

  test("surfaces what its source rejects a cancel with, but not in place of ERR_TOO_LARGE", async () => {
    const boom = new Error("boom");
    const make = () =>
      new ReadableStream({
        start: (controller) => controller.enqueue("ab"),
        cancel: () => Promise.reject(boom),
      });
    await expect(limitBytes(make(), 1).cancel()).rejects.toBe(boom);
    await expect(limitBytes(make(), 1).getReader().read()).rejects.toMatchObject({ code: "ERR_TOO_LARGE" });
    expect(() => limitBytes(make(), 1, { declared: 2 })).toThrow(TooLargeError);
    expect(() => limitBytes(new Response(make()), 1, { declared: 2 })).toThrow(TooLargeError);
    await turns();
  });

  test.each([undefined, "bytes"] as const)(
    "tells of its source's end and failure though nobody reads (%s)",
    async (type) => {
      for (const ending of ["error", "close"] as const) {
        let controller!: ReadableStreamDefaultController;
        const cancel = vi.fn();
        const start = (it: unknown) => {
          controller = it as ReadableStreamDefaultController;
        };
        const reader = limitBytes(new ReadableStream({ type, start, cancel } as never), 1).getReader();
        controller[ending]("why" as never);
        const end = await reader.closed.then(
          () => "closed",
          (reason) => reason,
        );
        expect(end).toBe(ending === "error" ? "why" : "closed");
        expect(cancel).not.toHaveBeenCalled();
      }
    },
  );

  test.each([undefined, "bytes"] as const)(
    "fails a read that waits with the source's own error (%s)",
    async (type) => {
      let controller!: ReadableStreamDefaultController;
      const start = (it: unknown) => {
        controller = it as ReadableStreamDefaultController;
      };
      const reader = limitBytes(new ReadableStream({ type, start } as never), 1).getReader();
      const read = reader.read();
      await turns();
      controller.error("why");
      await expect(read).rejects.toBe("why");
    },
  );

  test.each([undefined, "bytes"] as const)(
    "is closed with its last chunk, if the source is (%s)",
    async (type) => {
      let controller!: ReadableStreamDefaultController;
      const start = (it: unknown) => {
        controller = it as ReadableStreamDefaultController;
      };
      const reader = limitBytes(new ReadableStream({ type, start } as never), 1).getReader();
      const read = reader.read();
      await turns();
      controller.enqueue(bytes("a"));
      controller.close();
      expect((await read).done).toBe(false);
      await reader.closed;
    },
  );

  test.each([undefined, "bytes"] as const)(
    "that holds its last chunk already is closed with it, and one whose reader has gone keeps it (%s)",
    async (type) => {
      const start = (controller: ReadableStreamDefaultController) => {
        controller.enqueue(bytes("a"));
        controller.close();
      };
      const limited = limitBytes(new ReadableStream({ type, start } as never), 1);
      const reader = limited.getReader();
      const closed = vi.fn();
      void reader.closed.then(closed);
      expect((await reader.read()).done).toBe(false);
      await turns();
      expect(closed).toHaveBeenCalledTimes(1);

      const left = limitBytes(new ReadableStream({ type, start } as never), 1);
      const first = left.getReader();
      first.read().catch(() => undefined);
      first.releaseLock();
      await turns();
      const second = left.getReader();
      expect(new TextDecoder().decode((await second.read()).value as Uint8Array)).toBe("a");
      expect((await second.read()).done).toBe(true);
    },
  );

  test("that is cancelled in the turn of a chunk does not count it", async () => {
    let controller!: ReadableStreamDefaultController;
    const start = (it: ReadableStreamDefaultController) => {
      controller = it;
    };
    const count = vi.fn();
    const reader = limitWebStream(new ReadableStream({ start }), { count }).getReader();
    const read = reader.read();
    await turns();
    controller.enqueue("a");
    await reader.cancel();
    expect([(await read).done, count.mock.calls]).toEqual([true, []]);
  });

  test("whose source fails leaves it once", async () => {
    let controller!: ReadableStreamDefaultController;
    const start = (it: ReadableStreamDefaultController) => {
      controller = it;
    };
    const leave = vi.fn();
    const reader = limitWebStream(new ReadableStream({ start }), { count() {} }, leave).getReader();
    const read = reader.read();
    await turns();
    controller.error("why");
    await expect(read).rejects.toBe("why");
    await turns();
    expect(leave.mock.calls).toEqual([["why", expect.anything()]]);
  });

  test("that is cancelled while it waits for a chunk stays cancelled", async () => {
    const source = new ReadableStream({ pull: () => new Promise(() => undefined) });
    const reader = limitBytes(source, 1).getReader();
    const read = reader.read();
    await turns();
    await reader.cancel();
    expect(await read).toEqual({ done: true, value: undefined });
    await turns();
  });
});

describe("a web stream of bytes", () => {
  const source = (...chunks: string[]) =>
    new ReadableStream({
      type: "bytes",
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk !== undefined) return controller.enqueue(bytes(chunk));
        controller.close();
        controller.byobRequest?.respond(0);
      },
    }) as ReadableStream<Uint8Array<ArrayBuffer>>;

  test("is read into the consumer's own buffers, and counted there", async () => {
    const limited = limitBytes(source("abc", "de"), 4);
    const byob = limited.getReader({ mode: "byob" });
    const first = await byob.read(new Uint8Array(2));
    expect(new TextDecoder().decode(first.value)).toBe("ab");
    expect(first.value!.buffer.byteLength).toBe(2);
    byob.releaseLock();
    const plain = limited.getReader();
    expect(new TextDecoder().decode((await plain.read()).value)).toBe("c");
    plain.releaseLock();
    await expect(limited.getReader({ mode: "byob" }).read(new Uint8Array(2))).rejects.toMatchObject({
      seen: 5,
    });
  });

  test("has its source fill the buffer of who reads into one", async () => {
    const asked: unknown[] = [];
    const filling = new ReadableStream({
      type: "bytes",
      pull(controller) {
        asked.push(controller.byobRequest?.view?.byteLength);
        controller.enqueue(bytes("a"));
      },
    });
    const byob = limitBytes(filling, 4).getReader({ mode: "byob" });
    expect((await byob.read(new Uint8Array(3))).value).toHaveLength(1);
    expect(asked).toEqual([3]);
  });

  test("answers a read into a buffer at the end with an empty one", async () => {
    const byob = limitBytes(source("a"), 4).getReader({ mode: "byob" });
    expect((await byob.read(new Uint8Array(2))).value).toHaveLength(1);
    expect(await byob.read(new Uint8Array(2))).toMatchObject({ done: true, value: new Uint8Array(0) });
  });

  test("answers all reads into buffers that wait at the end, whenever its source has closed", async () => {
    const closed = new ReadableStream({
      type: "bytes",
      start(controller) {
        controller.enqueue(bytes("a"));
        controller.close();
      },
    });
    for (const stream of [closed, source("a")]) {
      const byob = limitBytes(stream, 4).getReader({ mode: "byob" });
      const results: unknown[] = [];
      for (let read = 0; read < 3; read++) {
        void byob.read(new Uint8Array(2)).then(({ done, value }) => results.push([done, value?.byteLength]));
      }
      await turns();
      expect(results).toEqual([
        [false, 1],
        [true, 0],
        [true, 0],
      ]);
    }
  });

  test("answers a read into a buffer that took the place of another kind of read, when its source closes", async () => {
    let close!: () => void;
    const stream = new ReadableStream({
      type: "bytes",
      start(controller) {
        close = () => controller.close();
      },
    });
    const limited = limitBytes(stream, 4);
    const plain = limited.getReader();
    plain.read().catch(() => undefined);
    await turns();
    plain.releaseLock();
    const ended = vi.fn();
    void limited.getReader({ mode: "byob" }).read(new Uint8Array(2)).then(ended);
    await turns();
    close();
    await turns();
    expect(ended.mock.calls).toMatchObject([[{ done: true, value: new Uint8Array(0) }]]);
  });
});

describe("an async iterable", () => {
  test("with headers of its own is not taken for a request", async () => {
    const headers = { "content-length": "9" };
    const chunks = { headers, [Symbol.asyncIterator]: () => Readable.from(["ab"])[Symbol.asyncIterator]() };
    const limited = limitBytes(chunks, 2);
    for await (const chunk of limited) expect(chunk).toBe("ab");
  });

  test("is counted anew each time it is iterated", async () => {
    const twice = { [Symbol.asyncIterator]: () => Readable.from(["ab"])[Symbol.asyncIterator]() };
    const limited = limitBytes(twice, 2);
    for (const _ of [1, 2]) for await (const chunk of limited) expect(chunk).toBe("ab");
  });

  test("that is over by the limit gives nothing any more, also to who asked before", async () => {
    const chunks = ["ab", "c", "d"];
    const iterator = {
      next: async () => ({ done: false, value: chunks.shift() }),
      [Symbol.asyncIterator]: () => iterator,
    };
    const limited = limitBytes(iterator as never as AsyncGenerator, 1);
    const [first, second] = await Promise.allSettled([limited.next(), limited.next()]);
    expect(first).toMatchObject({ reason: { code: "ERR_TOO_LARGE" } });
    expect(second).toMatchObject({ value: { done: true, value: undefined } });
  });

  test("hands on what is sent, thrown and returned to it", async () => {
    const boom = new Error("boom");
    const make = () =>
      limitBytes(
        (async function* (): AsyncGenerator<unknown, unknown, unknown> {
          let sent: unknown = "first";
          for (;;) {
            try {
              sent = yield sent;
            } catch (error) {
              expect(error).toBe(boom);
              sent = "caught";
            }
          }
        })(),
        100,
      );
    const generator = make();
    expect((await generator.next()).value).toBe("first");
    expect((await generator.next("second")).value).toBe("second");
    expect((await generator.throw(boom)).value).toBe("caught");
    expect(await generator.return("last")).toEqual({ done: true, value: "last" });
    const disposed = make();
    await disposed.next();
    await disposed[Symbol.asyncDispose]();
    expect((await disposed.next()).done).toBe(true);
    expect(disposed[Symbol.asyncIterator]()).toBe(disposed);
  });

  test("without return and throw can be left, fails with what is thrown, and is refused by what it declares", async () => {
    const make = () => ({
      next: async () => ({ done: false, value: "a" }),
      [Symbol.asyncIterator]() {
        return this;
      },
    });
    const limited = limitBytes(make(), 1) as never as AsyncGenerator;
    expect(await limited.return("why")).toEqual({ done: true, value: "why" });
    await expect(limited.throw("why")).rejects.toBe("why");
    expect(() => limitBytes(make(), 1, { declared: 2 })).toThrow(TooLargeError);
  });

  test("that fails to clean up does not hide ERR_TOO_LARGE", async () => {
    const failing = {
      next: async () => ({ done: false, value: "ab" }),
      return: () => Promise.reject(new Error("boom")),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
    await expect((limitBytes(failing, 1) as never as AsyncGenerator).next()).rejects.toMatchObject({
      seen: 2,
    });
    expect(() => limitBytes(failing, 1, { declared: 2 })).toThrow(TooLargeError);
    await turns();
  });
});

describe("a Node Readable", () => {
  const end = (stream: Readable) =>
    new Promise<unknown>((resolve) => {
      let why: unknown = "closed";
      stream.once("end", () => {
        why = "ended";
      });
      stream.once("error", (error) => {
        why = error;
      });
      stream.once("close", () => resolve(why));
    });

  test("that others read is refused with ERR_LOCKED", () => {
    const flowing = new PassThrough().resume();
    expect(() => limitBytes(flowing, 1)).toThrow(
      expect.objectContaining({ code: "ERR_LOCKED", stream: flowing }) as never,
    );
    const listened = new PassThrough().on("readable", () => undefined);
    expect(() => limitBytes(listened, 1)).toThrow(expect.objectContaining({ code: "ERR_LOCKED" }) as never);
  });

  test("of which nothing is known but its shape is refused", () => {
    const shape = Object.assign(Object.create(null), {
      pipe: () => undefined,
      once: () => undefined,
      readableEnded: false,
      listenerCount: () => 0,
    });
    expect(() => limitBytes(shape, 1)).toThrow(
      expect.objectContaining({ code: "ERR_NOT_A_STREAM" }) as never,
    );
  });

  test("gives a plain Readable, whatever class it is of", () => {
    expect(limitBytes(new PassThrough(), 1).constructor).toBe(Readable);
    expect(limitBytes(new PassThrough(), 1).readableHighWaterMark).toBe(0);
    expect(limitBytes(new PassThrough(), 1).readableObjectMode).toBe(false);
    expect(limitBytes(Readable.from([]), 1).readableObjectMode).toBe(true);
  });

  test("gives each chunk by itself, as the source made it", async () => {
    const source = new PassThrough();
    const chunks = [Buffer.from("ab"), Buffer.from("c")];
    for (const chunk of chunks) source.write(chunk);
    source.end();
    const seen = [];
    for await (const chunk of limitBytes(source, 3)) seen.push(chunk);
    expect(seen).toHaveLength(2);
    expect(seen[0].buffer).toBe(chunks[0]!.buffer);
    expect(seen).toEqual(chunks);
  });

  test("keeps strings strings in an encoding that is not its own default", async () => {
    const source = new PassThrough().setEncoding("hex");
    source.end("ab");
    const seen = [];
    for await (const chunk of limitBytes(source, 4)) seen.push(chunk);
    expect(seen).toEqual(["6162"]);
  });

  test("keeps strings strings, in the encoding of the source", async () => {
    const source = new PassThrough().setEncoding("utf8");
    source.write("a€");
    source.end("b");
    const limited = limitBytes(source, 5);
    expect(limited.readableEncoding).toBe("utf8");
    const seen = [];
    for await (const chunk of limited) seen.push(chunk);
    expect(seen).toEqual(["a€", "b"]);
  });

  test("stops with its consumer, and takes no chunk while that is paused", async () => {
    let asked = 0;
    const source = new Readable({
      highWaterMark: 0,
      read() {
        this.push(asked++ < 5 ? "x" : null);
      },
    });
    const limited = limitBytes(source, 10);
    let seen = 0;
    limited.on("data", () => {
      seen++;
      limited.pause();
    });
    for (let chunk = 1; chunk <= 5; chunk++) {
      await turns();
      expect([seen, limited.readableLength]).toEqual([chunk, 0]);
      limited.resume();
    }
    expect(await end(limited)).toBe("ended");
  });

  test("lets its source flow while its consumer takes every chunk", async () => {
    const source = Readable.from(["a", "b", "c"]);
    const paused = vi.fn();
    source.on("pause", paused);
    const seen: unknown[] = [];
    const limited = limitBytes(source, 3).on("data", (chunk) => seen.push(chunk));
    expect(await end(limited)).toBe("ended");
    expect([seen, paused.mock.calls.length]).toEqual([["a", "b", "c"], 1]);
  });

  test("flows, piped, with the backpressure of its destination", async () => {
    const taken: (() => void)[] = [];
    const source = Readable.from([Buffer.alloc(4), Buffer.alloc(4), Buffer.alloc(4)], { objectMode: false });
    const slow = new Duplex({
      writableHighWaterMark: 1,
      read() {},
      write: (_chunk, _encoding, done) => void taken.push(done),
    });
    limitBytes(source, 12).pipe(slow);
    const finished = new Promise((resolve) => slow.once("finish", resolve));
    for (let chunk = 1; chunk <= 3; chunk++) {
      await turns();
      expect(taken).toHaveLength(chunk);
      taken.at(-1)!();
    }
    await finished;
  });

  test("ends as its source does: by an error, by being destroyed, before and behind the wrapping", async () => {
    const boom = new Error("boom");
    for (const why of [boom, undefined]) {
      const later = new PassThrough();
      const ending = end(limitBytes(later, 1));
      later.destroy(why);
      expect(await ending).toBe(why ?? "closed");
      expect(await end(limitBytes(later, 1))).toBe(why ?? "closed");
    }
    const ended = Readable.from(["a"]);
    for await (const _ of ended);
    expect(await end(limitBytes(ended, 1).resume())).toBe("ended");
    // Who read it reads it no more.
    const destroyed = new PassThrough().resume();
    destroyed.destroy();
    expect(await end(limitBytes(destroyed, 1))).toBe("closed");
    const open = new Readable({ read() {}, autoDestroy: false });
    open.push(null);
    open.resume();
    await turns();
    expect([open.readableFlowing, open.destroyed]).toEqual([true, false]);
    expect(await end(limitBytes(open, 1).resume())).toBe("ended");
  });

  test("destroys its source with the consumer's error, unless that has ended", async () => {
    const boom = new Error("boom");
    const source = new PassThrough();
    const limited = limitBytes(source, 1);
    const ending = end(limited);
    limited.destroy(boom);
    expect(await ending).toBe(boom);
    expect(source.errored).toBe(boom);
    const left = limitBytes(new PassThrough(), 1);
    left.destroy();
    expect(await end(left)).toBe("closed");

    const half = new Duplex({
      allowHalfOpen: true,
      read() {},
      write: (_chunk, _encoding, done) => done(),
      autoDestroy: false,
    });
    half.push(null);
    expect(await end(limitBytes(half, 1).resume())).toBe("ended");
    expect(half.destroyed).toBe(false);
    const listeners = ["data", "error", "end", "close"].map((event) => half.listenerCount(event));
    expect(listeners).toEqual([0, 0, 0, 0]);
  });

  test("from a server is refused by its Content-Length, and nothing of it is read", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    for (const [size, limit] of [
      ["5", 5],
      ["6", 5],
    ] as const) {
      const arrived = new Promise<IncomingMessage>((resolve) => server.once("request", resolve));
      const client = request({ port, method: "POST", headers: { "content-length": size } });
      client.on("error", () => undefined).flushHeaders();
      const incoming = await arrived;
      if (size === "5") expect(limitBytes(incoming, limit)).toBeInstanceOf(Readable);
      else
        expect(() => limitBytes(incoming, limit)).toThrow(expect.objectContaining({ declared: 6 }) as never);
      expect(incoming.destroyed).toBe(size === "6");
      client.destroy();
    }
    // A client that leaves is told to who listens, and ends no process where nobody does.
    for (const listens of [true, false]) {
      const arrived = new Promise<IncomingMessage>((resolve) => server.once("request", resolve));
      const client = request({ port, method: "POST", headers: { "content-length": "5" } });
      client.on("error", () => undefined).flushHeaders();
      const limited = limitBytes(await arrived, 5) as Readable;
      const failed = vi.fn();
      if (listens) limited.on("error", failed);
      client.destroy();
      await new Promise((resolve) => limited.once("close", resolve));
      expect(failed).toHaveBeenCalledTimes(listens ? 1 : 0);
      if (listens) expect(failed.mock.lastCall).toMatchObject([{ code: "ECONNRESET" }]);
    }
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });

  test("with headers that say nothing of a length is read", async () => {
    for (const headers of [{}, null]) {
      const source = Object.assign(Readable.from(["ab"]), { headers });
      for await (const chunk of limitBytes(source, 2)) expect(chunk).toBe("ab");
    }
  });
});
