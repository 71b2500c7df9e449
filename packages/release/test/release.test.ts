import { createServer } from "node:http";
import { PassThrough, Readable } from "node:stream";
import { admit, releaseOnEnd } from "@sluice/release";
import { releaseOnResponse } from "@sluice/release/node";
import { Semaphore } from "@sluice/semaphore";
import { describe, expect, test, vi } from "vitest";

const text = (chunk: unknown) => new TextDecoder().decode(chunk as Uint8Array);
const bytes = (s: string) => new TextEncoder().encode(s);

/** A source that is told by the test what to do next, and that records what was done to it. */
function webSource(type?: "bytes") {
  let controller!: ReadableStreamDefaultController<unknown> | ReadableByteStreamController;
  const pulls = vi.fn();
  const cancel = vi.fn();
  const start = (c: typeof controller) => {
    controller = c;
  };
  const source = { start, pull: pulls, cancel };
  const stream =
    type === "bytes"
      ? new ReadableStream({ ...source, type, start: start as never }, { highWaterMark: 0 })
      : new ReadableStream(source as UnderlyingDefaultSource, { highWaterMark: 0 });
  return { stream: stream as ReadableStream<unknown>, controller: () => controller, pulls, cancel };
}

describe("a Node Readable", () => {
  test("is returned itself, and released at its end, not before its last chunk", async () => {
    const release = vi.fn();
    const source = Readable.from(["a", "b"]);
    const stream = releaseOnEnd(source, release);
    expect(stream).toBe(source);
    const seen: [unknown, number][] = [];
    for await (const chunk of stream) seen.push([chunk, release.mock.calls.length]);
    expect(seen).toEqual([
      ["a", 0],
      ["b", 0],
    ]);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("is released once when it fails, and its error stays unhandled if nobody handles it", async () => {
    const release = vi.fn();
    const boom = new Error("boom");
    const stream = releaseOnEnd(new PassThrough(), release);
    const heard = new Promise((resolve) => stream.once("error", resolve));
    stream.destroy(boom);
    expect(await heard).toBe(boom);
    expect(release).toHaveBeenCalledTimes(1);
    const bare = releaseOnEnd(new Readable({ read() {} }), release);
    expect(bare.listenerCount("error")).toBe(0);
  });

  test("is released when it fails without ever emitting close", async () => {
    const release = vi.fn();
    const stream = releaseOnEnd(new Readable({ read() {}, autoDestroy: false, emitClose: false }), release);
    stream.on("error", () => undefined);
    stream.emit("error", new Error("boom"));
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("is released when it is destroyed, left by break, or has ended before", async () => {
    const release = vi.fn();
    const destroyed = releaseOnEnd(new Readable({ read() {} }), release);
    const closed = new Promise((resolve) => destroyed.once("close", resolve));
    destroyed.destroy();
    await closed;
    expect(release).toHaveBeenCalledTimes(1);

    const left = releaseOnEnd(Readable.from([1, 2, 3]), release);
    const leftClosed = new Promise((resolve) => left.once("close", resolve));
    for await (const _ of left) break;
    await leftClosed;
    expect(release).toHaveBeenCalledTimes(2);

    releaseOnEnd(destroyed, release);
    expect(release).toHaveBeenCalledTimes(3);
  });

  test("keeps no listener of ours after its end", async () => {
    const stream = new PassThrough();
    const before = stream.eventNames().length;
    releaseOnEnd(stream, () => undefined);
    stream.end();
    stream.resume();
    await new Promise((resolve) => stream.once("close", resolve));
    expect(stream.eventNames().length).toBeLessThanOrEqual(before);
  });
});

describe.each([undefined, "bytes"] as const)("a web stream (%s)", (type) => {
  test("gives the same chunks, and releases after the last of them", async () => {
    const release = vi.fn();
    const { stream, controller } = webSource(type);
    const [a, b] = [bytes("a"), bytes("bc")];
    const reader = releaseOnEnd(stream, release).getReader();
    for (const chunk of [a, b]) {
      const read = reader.read();
      controller().enqueue(chunk as never);
      const { value } = await read;
      if (type === undefined) expect(value).toBe(chunk);
      expect(text(value)).toBe(chunk === a ? "a" : "bc");
      expect(release).not.toHaveBeenCalled();
    }
    controller().close();
    expect((await reader.read()).done).toBe(true);
    await reader.closed;
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("reads nothing ahead of its consumer", async () => {
    const { stream, pulls } = webSource(type);
    const reader = releaseOnEnd(stream, () => undefined).getReader();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    expect(pulls).not.toHaveBeenCalled();
    void reader.read();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    expect(pulls).toHaveBeenCalledTimes(1);
  });

  test("surfaces the source's own error and releases once", async () => {
    const release = vi.fn();
    const { stream, controller } = webSource(type);
    const reader = releaseOnEnd(stream, release).getReader();
    const read = reader.read();
    const boom = new Error("boom");
    controller().error(boom);
    await expect(read).rejects.toBe(boom);
    await expect(reader.closed).rejects.toBe(boom);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("hears that the source failed or ended though nobody reads", async () => {
    for (const ending of ["error", "close"] as const) {
      const release = vi.fn();
      const { stream, controller } = webSource(type);
      const reader = releaseOnEnd(stream, release).getReader();
      controller()[ending]("why" as never);
      await reader.closed.catch((reason) => expect(reason).toBe("why"));
      expect(release).toHaveBeenCalledTimes(1);
    }
  });

  test("cancels its source with the same reason, then releases", async () => {
    const release = vi.fn();
    const { stream, cancel } = webSource(type);
    cancel.mockImplementation(() => expect(release).not.toHaveBeenCalled());
    await releaseOnEnd(stream, release).cancel("enough");
    expect(cancel).toHaveBeenCalledWith("enough");
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("releases although the source fails to cancel, and says so to who cancelled", async () => {
    const release = vi.fn();
    const { stream, cancel } = webSource(type);
    cancel.mockRejectedValue(new Error("stuck"));
    await expect(releaseOnEnd(stream, release).cancel()).rejects.toThrow("stuck");
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("ends with the last chunk if the source closed in the same pull", async () => {
    const release = vi.fn();
    const { stream, controller, pulls } = webSource(type);
    pulls.mockImplementation(() => {
      controller().enqueue(bytes("only") as never);
      controller().close();
    });
    const reader = releaseOnEnd(stream, release).getReader();
    expect(text((await reader.read()).value)).toBe("only");
    await reader.closed;
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("is refused when it is locked, and nothing is released", () => {
    const release = vi.fn();
    const { stream } = webSource(type);
    stream.getReader();
    expect(() => releaseOnEnd(stream, release)).toThrow(TypeError);
    expect(release).not.toHaveBeenCalled();
  });
});

describe("a byte stream", () => {
  test("is read into the consumer's own buffer, also after a default reader had its turn", async () => {
    const release = vi.fn();
    const { stream, controller, pulls } = webSource("bytes");
    pulls.mockImplementation(() => {
      const { byobRequest } = controller() as ReadableByteStreamController;
      if (byobRequest === null) return controller().enqueue(bytes("x") as never);
      (byobRequest.view as Uint8Array).set(bytes("yz"));
      byobRequest.respond(2);
    });
    const wrapped = releaseOnEnd(stream as ReadableStream<Uint8Array<ArrayBuffer>>, release);
    const plain = wrapped.getReader();
    expect(text((await plain.read()).value)).toBe("x");
    plain.releaseLock();
    const byob = wrapped.getReader({ mode: "byob" });
    const { value } = await byob.read(new Uint8Array(8));
    expect([text(value), value?.buffer.byteLength]).toEqual(["yz", 8]);
    pulls.mockImplementation(() => {
      controller().close();
      (controller() as ReadableByteStreamController).byobRequest?.respond(0);
    });
    expect((await byob.read(new Uint8Array(8))).done).toBe(true);
    await byob.closed;
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("answers all reads into buffers that wait when its source ends, as the source would", async () => {
    const source = () =>
      new ReadableStream({
        type: "bytes",
        start(controller) {
          controller.enqueue(bytes("a"));
          controller.close();
        },
      });
    const release = vi.fn();
    for (const stream of [source(), releaseOnEnd(source(), release)]) {
      const byob = stream.getReader({ mode: "byob" });
      const reads = [1, 2, 3].map(() => byob.read(new Uint8Array(2)));
      const seen = (await Promise.all(reads)).map(({ done, value }) => [done, value?.byteLength]);
      expect(seen).toEqual([
        [false, 1],
        [true, 0],
        [true, 0],
      ]);
    }
    expect(release).toHaveBeenCalledTimes(1);
  });
});

describe("a Response", () => {
  test("keeps status, headers and url, and is released when its body has been read", async () => {
    const server = createServer((_, res) => res.writeHead(201, { "x-of": "mine" }).end("hello"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const release = vi.fn();
    const url = `http://127.0.0.1:${port}/there`;
    const response = releaseOnEnd(await fetch(url), release);
    expect([response.status, response.headers.get("x-of"), response.url]).toEqual([201, "mine", url]);
    expect([response.type, response.redirected, response instanceof Response]).toEqual([
      "basic",
      false,
      true,
    ]);
    expect(release).not.toHaveBeenCalled();
    expect(await response.text()).toBe("hello");
    expect(release).toHaveBeenCalledTimes(1);
    await new Promise((resolve) => server.close(resolve));
  });

  test("without a body has ended already", () => {
    const release = vi.fn();
    const response = new Response(null, { status: 204 });
    expect(releaseOnEnd(response, release)).toBe(response);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("is released when its body is cancelled", async () => {
    const release = vi.fn();
    await releaseOnEnd(new Response("hello"), release).body?.cancel();
    expect(release).toHaveBeenCalledTimes(1);
  });
});

describe("an async iterable", () => {
  async function* letters(onLeave: () => void = () => undefined) {
    try {
      yield "a";
      yield "b";
    } finally {
      onLeave();
    }
  }

  test("is released at its end, after the last item", async () => {
    const release = vi.fn();
    const seen: [string, number][] = [];
    for await (const letter of releaseOnEnd(letters(), release))
      seen.push([letter, release.mock.calls.length]);
    expect(seen).toEqual([
      ["a", 0],
      ["b", 0],
    ]);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("is released after the source has been left", async () => {
    const order: string[] = [];
    for await (const _ of releaseOnEnd(
      letters(() => order.push("left")),
      () => order.push("released"),
    )) {
      break;
    }
    expect(order).toEqual(["left", "released"]);
  });

  test("is released when the source throws, with its own error", async () => {
    const release = vi.fn();
    const boom = new Error("boom");
    const failing: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(boom) }),
    };
    const iterator = releaseOnEnd(failing, release)[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toBe(boom);
    expect(await iterator.return?.("bye")).toEqual({ done: true, value: "bye" });
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("a generator stays one: it takes values, errors and disposal", async () => {
    async function* echo(): AsyncGenerator<unknown, string, unknown> {
      let heard: unknown = "start";
      for (;;) {
        try {
          heard = yield heard;
        } catch (error) {
          heard = error;
        }
        if (heard === "stop") return "stopped";
      }
    }
    const release = vi.fn();
    const generator = releaseOnEnd(echo(), release);
    expect((await generator.next()).value).toBe("start");
    expect((await generator.next("hi")).value).toBe("hi");
    expect((await generator.throw("caught")).value).toBe("caught");
    expect(release).not.toHaveBeenCalled();
    expect(await generator.next("stop")).toEqual({ done: true, value: "stopped" });
    expect(release).toHaveBeenCalledTimes(1);
    await generator[Symbol.asyncDispose]();
    const disposed = vi.fn();
    await releaseOnEnd(echo(), disposed)[Symbol.asyncDispose]();
    expect(disposed).toHaveBeenCalledTimes(1);
    const thrown = releaseOnEnd(
      { next: async () => ({ done: false, value: 1 }), [Symbol.asyncIterator]: () => null } as never,
      release,
    ) as AsyncGenerator;
    await expect(thrown.throw("no handler")).rejects.toBe("no handler");
    expect(release).toHaveBeenCalledTimes(2);
  });
});

test.each([undefined, null, 7, "text", {}, () => undefined])("what is no stream is refused: %s", (it) => {
  const release = vi.fn();
  expect(() => releaseOnEnd(it as never, release)).toThrow(
    expect.objectContaining({ code: "ERR_NOT_A_STREAM" }),
  );
  expect(release).not.toHaveBeenCalled();
});

test("a release that throws does not replace the stream's ending; it surfaces as the bug that it is", async () => {
  const boom = new Error("release is broken");
  const uncaught = vi.fn();
  vi.stubGlobal("queueMicrotask", (task: () => void) => {
    try {
      task();
    } catch (error) {
      uncaught(error);
    }
  });
  const items: number[] = [];
  const stream = releaseOnEnd(
    (async function* () {
      yield 1;
    })(),
    () => {
      throw boom;
    },
  );
  for await (const item of stream) items.push(item);
  vi.unstubAllGlobals();
  expect(items).toEqual([1]);
  expect(uncaught).toHaveBeenCalledWith(boom);
});

describe("admit", () => {
  test("holds the permit from before the stream is opened until it has ended", async () => {
    const semaphore = new Semaphore(1);
    const first = await admit(semaphore, 1, () => {
      expect(semaphore.held).toBe(1);
      return Readable.from(["a"]);
    });
    const open = vi.fn(() => new Response("b"));
    const second = admit(semaphore, 1, open);
    for await (const _ of first) expect(open).not.toHaveBeenCalled();
    expect(await (await second).text()).toBe("b");
    expect(semaphore.held).toBe(0);
  });

  test("has the permit back before a failing open surfaces", async () => {
    const semaphore = new Semaphore(1);
    const boom = new Error("boom");
    await expect(
      admit(semaphore, 1, (): Response => {
        throw boom;
      }),
    ).rejects.toBe(boom);
    expect(semaphore.held).toBe(0);
    await expect(admit(semaphore, 1, () => "text" as never)).rejects.toMatchObject({
      code: "ERR_NOT_A_STREAM",
    });
    expect(semaphore.held).toBe(0);
  });

  test("opens nothing when the wait is aborted", async () => {
    const semaphore = new Semaphore(1);
    await semaphore.acquire();
    const open = vi.fn(() => new Response("x"));
    await expect(admit(semaphore, 1, open, { signal: AbortSignal.abort("late") })).rejects.toBe("late");
    expect(open).not.toHaveBeenCalled();
  });
});

describe("releaseOnResponse", () => {
  test("releases when the last byte has left, and when the client has gone", async () => {
    for (const ending of ["finish", "gone"] as const) {
      const released = deferred();
      const release = vi.fn(() => released.resolve(undefined));
      const server = createServer((_, res) => {
        releaseOnResponse(res, release);
        if (ending === "finish") res.end("bye");
        else res.write("never ends");
        expect(release).not.toHaveBeenCalled();
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as { port: number };
      const response = await fetch(`http://127.0.0.1:${port}/`);
      if (ending === "finish") await response.text();
      else await response.body?.cancel();
      await released.promise;
      expect(release).toHaveBeenCalledTimes(1);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

function deferred() {
  let resolve!: (value: unknown) => void;
  const promise = new Promise((r) => {
    resolve = r;
  });
  return { promise, resolve };
}
