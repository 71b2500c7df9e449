import { Duplex, PassThrough, Readable } from "node:stream";
import { type Consumer, Hold, releaseOnEnd, StalledError } from "@sluice/release";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "clearTimeout", "clearInterval"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A web stream whose source never answers by itself. */
function silentSource() {
  const cancel = vi.fn();
  let controller!: ReadableStreamDefaultController<string>;
  const stream = new ReadableStream<string>(
    {
      start(c) {
        controller = c;
      },
      cancel,
    },
    { highWaterMark: 0 },
  );
  return { stream, cancel, controller };
}

describe("an idleTimeout", () => {
  test("is spent to the millisecond by who never asks", async () => {
    const release = vi.fn();
    const { stream, cancel } = silentSource();
    const reader = releaseOnEnd(stream, release, { idleTimeout: 100 }).getReader();
    vi.advanceTimersByTime(99);
    expect(release).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(release).toHaveBeenCalledTimes(1);
    const why = await reader.read().catch((error) => error);
    expect(why).toBeInstanceOf(StalledError);
    expect(why).toMatchObject({
      name: "StalledError",
      code: "ERR_STALLED",
      budget: "idleTimeout",
      milliseconds: 100,
      message: "the consumer has taken nothing for 100 ms",
    });
    expect(cancel).toHaveBeenCalledWith(why);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is never less than a quarter of a millisecond four times", () => {
    const release = vi.fn();
    releaseOnEnd(silentSource().stream, release, { idleTimeout: 1 });
    vi.advanceTimersByTime(3);
    expect(release).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("starts anew with each chunk that is asked for, and stands still while the source is", async () => {
    const release = vi.fn();
    const { stream, controller } = silentSource();
    const reader = releaseOnEnd(stream, release, { idleTimeout: 100 }).getReader();
    for (let chunk = 0; chunk < 3; chunk++) {
      vi.advanceTimersByTime(75);
      const read = reader.read();
      await turn();
      vi.advanceTimersByTime(1_000);
      controller.enqueue("chunk");
      await read;
      await turn();
    }
    vi.advanceTimersByTime(99);
    expect(release).not.toHaveBeenCalled();
    vi.advanceTimersByTime(26);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("is spent by nobody who is answered at once, however seldom they ask", async () => {
    const release = vi.fn();
    const chunks = () => new ReadableStream({ pull: (c) => c.enqueue("chunk") }, { highWaterMark: 0 });
    const iterable = { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 1 }) }) };
    const reader = releaseOnEnd(chunks(), release, { idleTimeout: 100 }).getReader();
    const iterator = releaseOnEnd(iterable, release, { idleTimeout: 100 })[Symbol.asyncIterator]();
    for (let n = 0; n < 4; n++) {
      vi.advanceTimersByTime(75);
      await reader.read();
      await iterator.next();
      await turn();
    }
    expect(release).not.toHaveBeenCalled();
    vi.advanceTimersByTime(125);
    expect(release).toHaveBeenCalledTimes(2);
  });

  test("of an iterable is spent to the millisecond by who never asks", () => {
    const release = vi.fn();
    releaseOnEnd((async function* () {})(), release, { idleTimeout: 100 });
    vi.advanceTimersByTime(99);
    expect(release).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("has been looked at once by a program that was busy for longer", () => {
    const looks = vi.fn(() => false);
    const lose = vi.fn();
    new Hold(() => undefined, { idleTimeout: 100 }).watch({ waits: looks, gotOn: looks, lose });
    vi.advanceTimersByTime(25);
    expect(looks).toHaveBeenCalledTimes(2);
  });

  test("stands still while a generator works, and is spent by who does not ask it", async () => {
    const release = vi.fn();
    let answer!: () => void;
    async function* slow() {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      yield 1;
    }
    const generator = releaseOnEnd(slow(), release, { idleTimeout: 100 });
    const next = generator.next();
    vi.advanceTimersByTime(1_000);
    answer();
    expect((await next).value).toBe(1);
    vi.advanceTimersByTime(100);
    expect(release).not.toHaveBeenCalled();
    vi.advanceTimersByTime(25);
    expect(release).toHaveBeenCalledTimes(1);
    await expect(generator.next()).rejects.toMatchObject({ code: "ERR_STALLED" });
    expect(await generator.next()).toEqual({ done: true, value: undefined });
    expect(await generator.return("bye" as never)).toEqual({ done: true, value: "bye" });
  });

  test("is over with the stream", async () => {
    const release = vi.fn();
    for (const stream of [new Response("x").body!, Readable.from(["x"]), (async function* () {})()]) {
      for await (const _ of releaseOnEnd(stream, release, { idleTimeout: 100, lifetime: 100 }));
      await turn();
    }
    expect(vi.getTimerCount()).toBe(0);
    expect(release).toHaveBeenCalledTimes(3);
  });
});

describe("a lifetime", () => {
  test("ends a read that waits for the source, and whoever asks again", async () => {
    const release = vi.fn();
    const left = vi.fn(async () => {
      throw new Error("it cannot be stopped");
    });
    const source = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}), return: left }),
    };
    const iterator: AsyncIterator<never> = releaseOnEnd(source, release, { lifetime: 100 })[
      Symbol.asyncIterator
    ]();
    const asks = [iterator.next(), iterator.next()];
    vi.advanceTimersByTime(100);
    const stalled = {
      code: "ERR_STALLED",
      budget: "lifetime",
      message: "the stream has not ended within 100 ms",
    };
    for (const ask of asks) await expect(ask).rejects.toMatchObject(stalled);
    expect(left).toHaveBeenCalledTimes(1);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("is told to who asks next, when all that was asked for had come", async () => {
    const release = vi.fn();
    const generator = releaseOnEnd(
      (async function* () {
        yield 1;
        yield 2;
      })(),
      release,
      { lifetime: 100 },
    );
    expect(await generator.next()).toEqual({ done: false, value: 1 });
    vi.advanceTimersByTime(100);
    await expect(generator.next()).rejects.toMatchObject({ code: "ERR_STALLED" });
    expect(await generator.next()).toEqual({ done: true, value: undefined });
  });

  test("lets a generator's own failure through", async () => {
    const boom = new Error("boom");
    const generator = releaseOnEnd(
      (async function* () {
        yield 1;
        throw boom;
      })(),
      () => undefined,
      { lifetime: 100 },
    );
    await generator.next();
    await expect(generator.next()).rejects.toBe(boom);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is told to an iteration that begins too late", async () => {
    const begins = vi.fn();
    const late = releaseOnEnd({ [Symbol.asyncIterator]: begins } as AsyncIterable<never>, () => undefined, {
      lifetime: 100,
    });
    vi.advanceTimersByTime(100);
    await expect(late[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "ERR_STALLED" });
    expect(begins).not.toHaveBeenCalled();
  });

  test("ends a source that can neither be stopped nor cancelled", async () => {
    const release = vi.fn();
    const { stream, cancel } = silentSource();
    cancel.mockRejectedValue(new Error("stuck"));
    const read = releaseOnEnd(stream, release, { lifetime: 100 }).getReader().read();
    await turn();
    vi.advanceTimersByTime(100);
    await expect(read).rejects.toMatchObject({ code: "ERR_STALLED" });
    await turn();
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("gives back what a cancel that never settles would hold for ever", () => {
    const release = vi.fn();
    const { stream, cancel } = silentSource();
    cancel.mockReturnValue(new Promise(() => {}));
    void releaseOnEnd(stream, release, { lifetime: 100 }).cancel();
    expect(release).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);
    expect(release).toHaveBeenCalledTimes(1);
  });
});

describe("a Node stream with a time budget", () => {
  const source = (options = {}) => {
    const stream = new Readable({ objectMode: true, highWaterMark: 2, read() {}, ...options });
    return { stream, release: vi.fn() };
  };
  const idle = { idleTimeout: 100 };

  test("is lost when a chunk waits for so long, without a listener to hear of it", async () => {
    const { stream, release } = source();
    releaseOnEnd(stream, release, idle);
    stream.push(1);
    vi.advanceTimersByTime(99);
    expect([release.mock.calls.length, stream.destroyed]).toEqual([0, false]);
    vi.advanceTimersByTime(1);
    expect([release.mock.calls.length, stream.destroyed]).toEqual([1, true]);
    await turn();
    expect(stream.errored).toMatchObject({ code: "ERR_STALLED", milliseconds: 100 });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is kept while its consumer waits for the source, in each mode", async () => {
    const flowing = source();
    releaseOnEnd(flowing.stream, flowing.release, idle).resume();
    const read = source();
    const next = releaseOnEnd(read.stream, read.release, idle)[Symbol.asyncIterator]().next();
    await turn();
    vi.advanceTimersByTime(1_000);
    expect([flowing.release, read.release].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
    read.stream.push("at last");
    expect((await next).value).toBe("at last");
  });

  test("is kept for who takes chunks of which more are always there, also by hand", async () => {
    const { stream, release } = source();
    releaseOnEnd(stream, release, idle);
    for (const chunk of [1, 1]) stream.push(chunk);
    for (let n = 0; n < 4; n++) {
      vi.advanceTimersByTime(99);
      expect(stream.read()).toBe(1);
      stream.push(1);
      await turn();
    }
    expect(release).not.toHaveBeenCalled();
    vi.advanceTimersByTime(125);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("is lost when it is paused, though nothing waits", async () => {
    const { stream, release } = source();
    releaseOnEnd(stream, release, idle).resume();
    await turn();
    vi.advanceTimersByTime(1_000);
    stream.pause();
    vi.advanceTimersByTime(125);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("is lost by a pipe whose other end is stuck, and kept by one that gets on", async () => {
    const stuck = source();
    releaseOnEnd(stuck.stream, stuck.release, idle).pipe(
      new PassThrough({ objectMode: true, highWaterMark: 1 }),
    );
    const moving = source();
    releaseOnEnd(moving.stream, moving.release, idle)
      .pipe(new PassThrough({ objectMode: true }))
      .resume();
    for (let n = 0; n < 5; n++) {
      for (const { stream } of [stuck, moving]) if (!stream.destroyed) stream.push(n);
      await turn();
      vi.advanceTimersByTime(50);
    }
    expect([stuck.release, moving.release].map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
  });

  test("does not flow for our sake when its last reader leaves", async () => {
    const { stream, release } = source();
    releaseOnEnd(stream, release, idle);
    const reader = () => undefined;
    stream.on("readable", reader).push("kept");
    await turn();
    stream.off("readable", reader);
    // Some versions of Node tell of it themselves.
    stream.emit("removeListener", "readable", reader);
    expect(stream.listenerCount("data")).toBe(0);
    await turn();
    expect([stream.readableFlowing, stream.readableLength]).toEqual([null, 1]);
    // It is watched again, from the next look on.
    vi.advanceTimersByTime(25);
    expect(stream.listenerCount("data")).toBe(1);
    vi.advanceTimersByTime(50);
    stream.read();
    stream.push("more");
    vi.advanceTimersByTime(100);
    expect(release).not.toHaveBeenCalled();
    vi.advanceTimersByTime(25);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("is listened to once, however often it is looked at", async () => {
    const { stream } = source();
    releaseOnEnd(stream, () => undefined, idle).resume();
    vi.advanceTimersByTime(90);
    expect(stream.listenerCount("data")).toBe(1);
  });

  test("is watched on when somebody else's listener leaves", async () => {
    const { stream } = source();
    releaseOnEnd(stream, () => undefined, idle);
    const listener = () => undefined;
    stream.once("pause", listener).off("pause", listener).emit("removeListener", "pause", listener);
    expect(stream.listenerCount("data")).toBe(1);
  });

  test("has no listener of ours without an idleTimeout, nor after its end", async () => {
    const before = new Readable({ read() {} }).eventNames();
    const plain = releaseOnEnd(new Readable({ read() {} }), () => undefined, { lifetime: 100 });
    expect(plain.eventNames()).not.toContain("data");
    const stream = releaseOnEnd(new Readable({ read() {} }), () => undefined, idle);
    stream.push(null);
    stream.resume();
    await turn();
    expect(stream.eventNames()).toEqual(before);
  });

  test("is released when it is destroyed without a word", () => {
    const { stream, release } = source({ emitClose: false });
    releaseOnEnd(stream, release, idle).destroy();
    expect(release).not.toHaveBeenCalled();
    vi.advanceTimersByTime(25);
    expect(release).toHaveBeenCalledTimes(1);
    const mortal = source({ emitClose: false });
    releaseOnEnd(mortal.stream, mortal.release, { lifetime: 100 }).destroy();
    vi.advanceTimersByTime(100);
    expect(mortal.release).toHaveBeenCalledTimes(1);
  });

  test("is not idle when it has been read, and the other side is not over", async () => {
    const release = vi.fn();
    const duplex = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    releaseOnEnd(duplex, release, idle).push(null);
    duplex.resume();
    await turn();
    duplex.pause();
    vi.advanceTimersByTime(1_000);
    expect(release).not.toHaveBeenCalled();
  });
});

describe("the timers", () => {
  test("are as many as there are budgets", () => {
    for (const options of [{ lifetime: 100 }, { idleTimeout: 100 }]) {
      const stream = releaseOnEnd(silentSource().stream, () => undefined, options);
      expect(vi.getTimerCount()).toBe(1);
      void stream.cancel();
      vi.clearAllTimers();
    }
  });

  test("keep no process alive", () => {
    vi.useRealTimers();
    const made = [vi.spyOn(globalThis, "setTimeout"), vi.spyOn(globalThis, "setInterval")];
    const hold = new Hold(() => undefined, { idleTimeout: 1_000, lifetime: 1_000 });
    hold.watch({ waits: () => true, gotOn: () => true, lose: () => undefined });
    const timers = made.map(({ mock }) => mock.results[0]!.value as NodeJS.Timeout);
    expect(timers.map((timer) => timer.hasRef())).toEqual([false, false]);
    hold.release();
    for (const spy of made) spy.mockRestore();
  });

  test("may be numbers, as in browsers", () => {
    vi.stubGlobal("setTimeout", () => 7);
    expect(() => releaseOnEnd(new Response("x"), () => undefined, { lifetime: 1 })).not.toThrow();
  });
});

describe("a Hold, for another kind of stream", () => {
  const consumer = (parts: Partial<Consumer> = {}): Consumer => ({
    ...{ waits: () => false, gotOn: () => false, lose: () => undefined },
    ...parts,
  });

  test("is released even if the stream cannot be taken away", () => {
    const release = vi.fn();
    const lose = () => {
      throw new Error("it does not let go");
    };
    new Hold(release, { lifetime: 100 }).watch(consumer({ lose }));
    expect(() => vi.advanceTimersByTime(100)).toThrow("it does not let go");
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("starts no timer without a budget, and says which it has", () => {
    const plain = new Hold(() => undefined);
    plain.watch(consumer());
    expect(vi.getTimerCount()).toBe(0);
    expect([plain.idles, plain.mortal]).toEqual([false, false]);
    const both = new Hold(() => undefined, { idleTimeout: 1, lifetime: 1 });
    expect([both.idles, both.mortal]).toEqual([true, true]);
  });
});
