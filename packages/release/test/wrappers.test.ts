import { releaseOnEnd } from "@sluice/release";
import { describe, expect, test, vi } from "vitest";

const turn = () => new Promise((resolve) => setImmediate(resolve));

function source(type?: "bytes") {
  const pull = vi.fn();
  const cancel = vi.fn();
  let controller!: ReadableByteStreamController;
  const start = (c: ReadableByteStreamController) => {
    controller = c;
  };
  const stream = new ReadableStream({ start, pull, cancel, type } as UnderlyingByteSource, {
    highWaterMark: 0,
  });
  return { stream, pull, cancel, controller };
}

describe.each([undefined, "bytes"] as const)("a web stream (%s)", (type) => {
  test("is not released before a chunk is taken that came after its reader had gone", async () => {
    const release = vi.fn();
    const { stream, controller } = source(type);
    const wrapped = releaseOnEnd(stream, release);
    const gone = wrapped.getReader();
    const lost = gone.read();
    await turn();
    gone.releaseLock();
    await expect(lost).rejects.toThrow(TypeError);
    controller.enqueue(Uint8Array.of(7));
    controller.close();
    await turn();
    expect(release).not.toHaveBeenCalled();
    const next = wrapped.getReader();
    expect((await next.read()).value).toEqual(Uint8Array.of(7));
    expect(release).not.toHaveBeenCalled();
    expect((await next.read()).done).toBe(true);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("that closes between two reads waits for the chunk that nobody has taken", async () => {
    const release = vi.fn();
    const { stream, controller } = source(type);
    const wrapped = releaseOnEnd(stream, release);
    const gone = wrapped.getReader();
    gone.read().catch(() => undefined);
    await turn();
    gone.releaseLock();
    controller.enqueue(Uint8Array.of(7));
    await turn();
    controller.close();
    await turn();
    expect(release).not.toHaveBeenCalled();
    const next = wrapped.getReader();
    expect((await next.read()).value).toEqual(Uint8Array.of(7));
    expect((await next.read()).done).toBe(true);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("is released once when it is cancelled while it is asked", async () => {
    const release = vi.fn();
    const { stream, cancel } = source(type);
    const reader = releaseOnEnd(stream, release).getReader();
    const read = reader.read();
    await turn();
    await reader.cancel("enough");
    expect((await read).done).toBe(true);
    await turn();
    expect(cancel).toHaveBeenCalledWith("enough");
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("that fails after it was cancelled is released once", async () => {
    const release = vi.fn();
    const { stream, controller, cancel } = source(type);
    cancel.mockImplementation(() => turn());
    const reader = releaseOnEnd(stream, release).getReader();
    const cancelled = reader.cancel();
    expect(() => controller.close()).toThrow(TypeError);
    expect(release).not.toHaveBeenCalled();
    await cancelled;
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("can be split by tee, and is read no quicker", async () => {
    const release = vi.fn();
    const { stream, controller, pull } = source(type);
    const [one, other] = releaseOnEnd(stream, release).tee();
    await turn();
    pull.mockClear();
    const reads = [one!, other!].map((branch) => branch.getReader().read());
    controller.enqueue(Uint8Array.of(1));
    for (const read of reads) expect((await read).value).toEqual(Uint8Array.of(1));
    controller.close();
    await turn();
    expect(release).toHaveBeenCalledTimes(1);
  });
});

test("a byte stream may be read by one kind of reader after the other", async () => {
  const { stream, pull, controller } = source("bytes");
  pull.mockImplementation(() => {
    const { byobRequest } = controller;
    if (byobRequest === null) return controller.enqueue(Uint8Array.of(1));
    new Uint8Array(byobRequest.view!.buffer).set([2]);
    return byobRequest.respond(1);
  });
  const wrapped = releaseOnEnd(stream, () => undefined);
  for (let n = 0; n < 2; n++) {
    const byob = wrapped.getReader({ mode: "byob" });
    expect((await byob.read(new Uint8Array(4))).value).toEqual(Uint8Array.of(2));
    byob.releaseLock();
    const plain = wrapped.getReader();
    expect((await plain.read()).value).toEqual(Uint8Array.of(1));
    plain.releaseLock();
  }
  await wrapped.cancel();
});

test("a byte stream is cancelled while it fills its consumer's own buffer, and released once", async () => {
  const release = vi.fn();
  const { stream, cancel } = source("bytes");
  const reader = releaseOnEnd(stream, release).getReader({ mode: "byob" });
  const read = reader.read(new Uint8Array(4));
  await turn();
  await reader.cancel("enough");
  expect((await read).done).toBe(true);
  expect(cancel).toHaveBeenCalledWith("enough");
  expect(release).toHaveBeenCalledTimes(1);
});

test("a byte stream that fails in the middle of its consumer's own buffer fails with that error", async () => {
  const release = vi.fn();
  const { stream, controller } = source("bytes");
  const reader = releaseOnEnd(stream, release).getReader({ mode: "byob" });
  const read = reader.read(new Uint8Array(4));
  await turn();
  controller.error("boom");
  await expect(read).rejects.toBe("boom");
  expect(release).toHaveBeenCalledTimes(1);
});

describe("a Response", () => {
  test("has a clone that is like it, and is released when both have been read", async () => {
    const release = vi.fn();
    const original = new Response("hello", { status: 201, statusText: "Made", headers: { "x-of": "mine" } });
    Object.defineProperties(original, {
      url: { value: "http://here/" },
      redirected: { value: true },
      type: { value: "cors" },
    });
    const response = releaseOnEnd(original, release);
    const clone = response.clone();
    for (const it of [response, clone, clone.clone()]) {
      expect([it.status, it.statusText, it.headers.get("x-of")]).toEqual([201, "Made", "mine"]);
      expect([it.url, it.redirected, it.type]).toEqual(["http://here/", true, "cors"]);
    }
    expect(release).not.toHaveBeenCalled();
    const texts = await Promise.all([response.text(), clone.text()]);
    expect(texts).toEqual(["hello", "hello"]);
    expect(release).toHaveBeenCalledTimes(1);
  });
});

describe("an async iterable", () => {
  const counting = () => {
    const source = {
      begun: 0,
      [Symbol.asyncIterator]: () => {
        source.begun++;
        let n = 0;
        return { next: async () => ({ done: n === 2, value: n++ }) };
      },
    };
    return source;
  };

  test("is begun when it is read, and its permit pays for the first time", async () => {
    const release = vi.fn();
    const source = counting();
    const wrapped = releaseOnEnd(source, release);
    expect(source.begun).toBe(0);
    const first = wrapped[Symbol.asyncIterator]();
    expect(source.begun).toBe(1);
    for await (const _ of wrapped);
    expect([source.begun, release.mock.calls.length]).toEqual([2, 0]);
    expect((await first.next()).value).toBe(0);
    expect((await first.next()).value).toBe(1);
    expect((await first.next()).done).toBe(true);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("that cannot be begun is released, with its own error", () => {
    const release = vi.fn();
    const boom = new Error("boom");
    const wrapped = releaseOnEnd(
      {
        [Symbol.asyncIterator]: () => {
          throw boom;
        },
      },
      release,
    );
    expect(() => wrapped[Symbol.asyncIterator]()).toThrow(boom);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("that takes no errors is left for one, and has it thrown", async () => {
    const release = vi.fn();
    const leave = vi.fn();
    const wrapped = releaseOnEnd(
      { [Symbol.asyncIterator]: () => ({ next: async () => ({ value: 1 }), return: leave }) },
      release,
    );
    const iterator = wrapped[Symbol.asyncIterator]() as AsyncIterator<number>;
    await expect(iterator.throw?.("why")).rejects.toBe("why");
    expect(leave).toHaveBeenCalledTimes(1);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("may answer without promises, and fail so", async () => {
    const release = vi.fn();
    const answers: (() => unknown)[] = [() => ({ done: false, value: 1 }), () => null];
    const wrapped = releaseOnEnd(
      {
        [Symbol.asyncIterator]: () => ({ next: () => answers.shift()?.() }),
      } as unknown as AsyncIterable<number>,
      release,
    );
    const iterator = wrapped[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    await expect(iterator.next()).rejects.toThrow(TypeError);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("is released although it fails to be left", async () => {
    const release = vi.fn();
    const leave = () => Promise.reject(new Error("stuck"));
    const wrapped = releaseOnEnd(
      { [Symbol.asyncIterator]: () => ({ next: async () => ({ value: 1 }), return: leave }) },
      release,
    );
    const iterator = wrapped[Symbol.asyncIterator]() as AsyncIterator<number>;
    await expect(iterator.return?.()).rejects.toThrow("stuck");
    expect(release).toHaveBeenCalledTimes(1);
  });
});
