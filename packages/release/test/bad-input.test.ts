import { createServer, type IncomingMessage, request } from "node:http";
import { Duplex, PassThrough, Readable } from "node:stream";
import { admit, LeakedError, releaseOnEnd } from "@sluice/release";
import { Semaphore } from "@sluice/semaphore";
import { afterEach, describe, expect, test, vi } from "vitest";

afterEach(() => vi.unstubAllGlobals());

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe.each(["idleTimeout", "lifetime"])("%s", (what) => {
  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, "100", null, 5n])(
    "is refused as %s, and nothing is released",
    (value) => {
      const release = vi.fn();
      const stream = new ReadableStream();
      expect(() => releaseOnEnd(stream, release, { [what]: value })).toThrow(
        expect.objectContaining({
          ...{ name: "InvalidValueError", code: "ERR_INVALID_VALUE", what, value },
          expected: "whole milliseconds from 1 to 2147483647",
          message: `${what} must be whole milliseconds from 1 to 2147483647, got ${typeof value === "number" ? value : typeof value}`,
        }),
      );
      expect(release).not.toHaveBeenCalled();
      expect(stream.locked).toBe(false);
    },
  );

  test.each([1, 2 ** 31 - 1, undefined])("may be %s", (value) => {
    const stream: ReadableStream = releaseOnEnd(new ReadableStream(), () => undefined, { [what]: value });
    expect(stream.cancel()).toBeInstanceOf(Promise);
  });
});

test.each<[string, unknown, string, unknown[]]>([
  ["release", undefined, "a function", [undefined]],
  ["options", null, "an object", [() => undefined, null]],
  ["options", 7, "an object", [() => undefined, 7]],
  ["onLeak", "loudly", "a function", [() => undefined, { onLeak: "loudly" }]],
])("%s is refused as %s", (what, value, expected, args) => {
  const [release, options] = args as [() => void, object];
  expect(() => releaseOnEnd(new ReadableStream(), release, options)).toThrow(
    expect.objectContaining({ code: "ERR_INVALID_VALUE", what, value, expected }),
  );
});

describe("what somebody else reads", () => {
  const locked = {
    name: "LockedError",
    code: "ERR_LOCKED",
    message: "the stream is locked to another reader, or its body was read before: wrap it before it is read",
  };

  test.each([undefined, "bytes"])("is refused as a web stream (%s)", (type) => {
    const release = vi.fn();
    const stream = new ReadableStream({ type } as UnderlyingByteSource);
    stream.getReader();
    expect(() => releaseOnEnd(stream, release)).toThrow(expect.objectContaining({ ...locked, stream }));
    expect(release).not.toHaveBeenCalled();
  });

  test("is refused as a body that is locked, or was read", async () => {
    const release = vi.fn();
    const reading = new Response("hello");
    const { body } = reading;
    body!.getReader();
    expect(() => releaseOnEnd(reading, release)).toThrow(
      expect.objectContaining({ ...locked, stream: body }),
    );
    const read = new Response("hello");
    await read.text();
    expect(() => releaseOnEnd(read, release)).toThrow(expect.objectContaining({ ...locked, stream: read }));
    expect(release).not.toHaveBeenCalled();
  });

  test("may have read a part of a web stream before: the rest is ours", async () => {
    const release = vi.fn();
    const stream = new Blob(["ab"]).stream().pipeThrough(new TransformStream());
    const reader = stream.getReader();
    await reader.read();
    reader.releaseLock();
    for await (const _ of releaseOnEnd(stream, release));
    expect(release).toHaveBeenCalledTimes(1);
  });
});

test("a response whose body is no web stream is refused", () => {
  const foreign = { body: Readable.from([]), headers: {}, status: 200, bodyUsed: false };
  expect(() => releaseOnEnd(foreign as never, () => undefined)).toThrow(
    expect.objectContaining({ name: "NotAStreamError", code: "ERR_NOT_A_STREAM", value: foreign.body }),
  );
});

test("what is no stream is shown, not read", () => {
  expect(() => releaseOnEnd({ [Symbol.asyncIterator]: 7 } as never, () => undefined)).toThrow(
    "expected a Node Readable, a web ReadableStream, an async iterable or a Response, got [object Object]",
  );
  for (const almost of [
    { getReader: 7 },
    { pipe: 7, readableEnded: false, once: 7 },
    { pipe() {}, once() {} },
  ]) {
    expect(() => releaseOnEnd(almost as never, () => undefined)).toThrow(/^expected/);
  }
});

describe("a stream that is over already is released at once", () => {
  test.each([
    ["ended", () => Readable.from([]).resume()],
    ["destroyed", () => new Readable({ read() {} }).destroy()],
    ["errored", () => new Readable({ autoDestroy: false, read() {} }).on("error", () => undefined)],
    ["a Duplex that has ended on both sides", () => new PassThrough({ autoDestroy: false }).resume().end()],
  ] as [string, () => Readable][])("if it is Node's, and %s", async (state, make) => {
    const stream = make();
    if (state === "errored") {
      stream.read = () => null;
      (stream as unknown as { _readableState: { errored: Error } })._readableState.errored = new Error(
        "boom",
      );
    }
    await turn();
    const release = vi.fn();
    expect(releaseOnEnd(stream, release)).toBe(stream);
    expect(release).toHaveBeenCalledTimes(1);
    expect(stream.listenerCount("close")).toBe(0);
  });

  test("and when it is destroyed half-way, nobody listens any more", async () => {
    const stream = new Readable({ read() {} });
    const before = stream.eventNames();
    releaseOnEnd(stream, () => undefined).destroy();
    await turn();
    expect(stream.eventNames()).toEqual(before);
  });

  test("if it is destroyed, and has not said so yet", () => {
    const release = vi.fn();
    const stream = new Readable({ read() {}, destroy: () => undefined });
    releaseOnEnd(stream.destroy(), release);
    expect([release.mock.calls.length, stream.closed]).toEqual([1, false]);
  });

  test("if it is a web stream", async () => {
    const release = vi.fn();
    const closed = new ReadableStream({ start: (controller) => controller.close() });
    const failed = new ReadableStream({ start: (controller) => controller.error("boom") });
    releaseOnEnd(closed, release);
    const reader = releaseOnEnd(failed, release).getReader();
    await expect(reader.read()).rejects.toBe("boom");
    expect(release).toHaveBeenCalledTimes(2);
  });
});

describe("a Duplex", () => {
  const both = () => new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });

  test.each(["read", "written"])(
    "is over when both its sides are, if it is first %s to the end",
    async (first) => {
      const release = vi.fn();
      const duplex = releaseOnEnd(both(), release);
      const ends = { read: () => duplex.resume().push(null), written: () => duplex.end() };
      ends[first as "read"]();
      await turn();
      expect(release).not.toHaveBeenCalled();
      ends[first === "read" ? "written" : "read"]();
      await turn();
      expect(release).toHaveBeenCalledTimes(1);
    },
  );

  test("is over when it is destroyed half-way", async () => {
    const release = vi.fn();
    const duplex = releaseOnEnd(both(), release);
    duplex.resume().push(null);
    await turn();
    duplex.destroy();
    await turn();
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("that cannot be written is over when it has been read", async () => {
    const release = vi.fn();
    const duplex = releaseOnEnd(
      new Duplex({ writable: false, autoDestroy: false, read() {} } as object),
      release,
    );
    duplex.resume().push(null);
    await turn();
    expect(release).toHaveBeenCalledTimes(1);
  });
});

test("a Readable that neither closes nor destroys itself is over at its end, and keeps no listener", async () => {
  const release = vi.fn();
  const before = new Readable({ read() {} }).eventNames().length;
  const stream = releaseOnEnd(new Readable({ autoDestroy: false, emitClose: false, read() {} }), release);
  stream.resume().push(null);
  await turn();
  expect(release).toHaveBeenCalledTimes(1);
  expect(stream.eventNames().length).toBe(before);
});

test("a Node stream of a class that knows no errorMonitor is released when it closes", async () => {
  const release = vi.fn();
  const stream = new Readable({ read() {} });
  Object.defineProperty(stream, "constructor", { value: {} });
  releaseOnEnd(stream, release).destroy();
  await turn();
  expect(release).toHaveBeenCalledTimes(1);
  expect(stream.listenerCount("close")).toBe(0);
});

test("a request whose client gives up its upload is released", async () => {
  const release = vi.fn();
  const closed = new Promise((resolve) => {
    const server = createServer((upload: IncomingMessage) => {
      releaseOnEnd(upload, release).on("error", () => undefined);
      upload.once("data", () => client.destroy()).once("close", () => server.close(resolve));
    });
    let client: ReturnType<typeof request>;
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      client = request({ port, method: "POST", headers: { "content-length": 10 } }).on(
        "error",
        () => undefined,
      );
      client.write("half");
    });
  });
  await closed;
  expect(release).toHaveBeenCalledTimes(1);
});

describe("a stream that is wrapped twice is released by both, inside first", () => {
  const streams: Record<string, () => AsyncIterable<unknown>> = {
    Readable: () => Readable.from(["a"]),
    ReadableStream: () => new Response("a").body as unknown as AsyncIterable<unknown>,
    generator: async function* () {
      yield "a";
    },
  };
  test.each(Object.entries(streams))("%s", async (_name, make) => {
    for (const leaves of [false, true]) {
      const released: string[] = [];
      const inside = releaseOnEnd(make(), () => released.push("inside"));
      for await (const _ of releaseOnEnd(inside, () => released.push("outside"))) if (leaves) break;
      await turn();
      expect(released).toEqual(["inside", "outside"]);
    }
  });
});

describe("a release that is broken", () => {
  test("is reported by its rejection, and by nothing that the reader sees", async () => {
    const boom = new Error("release is broken");
    const reported = new Promise((resolve) => {
      const others = process.listeners("unhandledRejection");
      process.removeAllListeners("unhandledRejection");
      process.once("unhandledRejection", (reason) => {
        for (const other of others) process.on("unhandledRejection", other);
        resolve(reason);
      });
    });
    const response = releaseOnEnd(new Response("fine"), (async () => {
      throw boom;
    }) as () => void);
    expect(await response.text()).toBe("fine");
    expect(await reported).toBe(boom);
  });

  test("hides no failure to open", async () => {
    const uncaught = vi.fn();
    vi.stubGlobal("queueMicrotask", (task: () => void) => {
      try {
        task();
      } catch (error) {
        uncaught(error);
      }
    });
    const broken = {
      acquire: async () => ({
        release: () => {
          throw new Error("broken");
        },
      }),
    };
    const boom = new Error("it cannot be opened");
    await expect(admit(broken, 1, () => Promise.reject<Response>(boom))).rejects.toBe(boom);
    expect(uncaught).toHaveBeenCalledTimes(1);
  });
});

describe("admit", () => {
  test("refuses options before it takes anything", async () => {
    const semaphore = { acquire: vi.fn() };
    await expect(
      admit(semaphore, 1, () => new Response("x"), { lifetime: Number.NaN }),
    ).rejects.toMatchObject({ code: "ERR_INVALID_VALUE", what: "lifetime" });
    expect(semaphore.acquire).not.toHaveBeenCalled();
  });

  test("hands its options on, to the semaphore and to the stream", async () => {
    vi.useFakeTimers();
    const semaphore = new Semaphore(1);
    const acquire = vi.spyOn(semaphore, "acquire");
    const options = { timeout: 50, lifetime: 100 };
    const response = await admit(semaphore, 1, () => new Response(new ReadableStream()), options);
    expect(acquire).toHaveBeenCalledWith(1, options);
    vi.advanceTimersByTime(100);
    vi.useRealTimers();
    expect(semaphore.held).toBe(0);
    await expect(response.text()).rejects.toMatchObject({ code: "ERR_STALLED" });
  });

  test("has the permit back when what is opened is locked", async () => {
    const semaphore = new Semaphore(1);
    const stream = new ReadableStream();
    stream.getReader();
    await expect(admit(semaphore, 1, () => stream)).rejects.toMatchObject({ code: "ERR_LOCKED" });
    expect(semaphore.held).toBe(0);
  });
});

test("an error says why a source was cancelled that nobody reads any more", () => {
  expect(new LeakedError()).toMatchObject({
    ...{ name: "LeakedError", code: "ERR_LEAKED" },
    message: "nobody has the stream any more, and it had not ended",
  });
});
