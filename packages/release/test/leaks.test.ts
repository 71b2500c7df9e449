import { Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Leak, releaseOnEnd } from "@sluice/release";
import { afterEach, describe, expect, test, vi } from "vitest";

setFlagsFromString("--expose-gc");
const gc: () => void = runInNewContext("gc");

// On a busy machine, with a large heap, collecting garbage takes its time.
vi.setConfig({ testTimeout: 20_000 });

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function collected(shows: () => boolean, rounds = 100): Promise<boolean> {
  for (let round = 0; round < rounds && !shows(); round++) {
    gc();
    await turn();
  }
  return shows();
}

afterEach(() => vi.unstubAllGlobals());

/** A web stream that somebody holds, as a socket does. */
function held() {
  const cancel = vi.fn();
  let controller!: ReadableStreamDefaultController;
  const stream = new ReadableStream({
    start(c) {
      controller = c;
    },
    cancel,
  });
  return { stream, controller, cancel };
}

function wrapsAndForgets(
  stream: ReadableStream | AsyncIterable<unknown>,
  release: () => void,
  onLeak?: (leak: Leak) => void,
) {
  releaseOnEnd(stream, release, { onLeak });
}

function deeply(levels: number, act: () => void): void {
  if (levels > 0) deeply(levels - 1, act);
  else act();
}

describe("a stream that is collected", () => {
  test("is released, its source cancelled, and reported with where it was wrapped", async () => {
    const release = vi.fn();
    const leaks: Leak[] = [];
    const { stream, cancel } = held();
    wrapsAndForgets(stream, release, (leak) => leaks.push(leak));
    expect(await collected(() => leaks.length > 0)).toBe(true);
    expect(leaks).toEqual([{ wrappedAt: expect.stringContaining("wrapsAndForgets") }]);
    expect(leaks[0]!.wrappedAt).toMatch(/^Error: wrapped\n/);
    expect(release).toHaveBeenCalledTimes(1);
    expect(cancel).toHaveBeenCalledWith(expect.objectContaining({ code: "ERR_LEAKED" }));
    // What was lost has ended as well, and is released no more.
    await turn();
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("tells no more of its stack than 2,000 characters", async () => {
    const leaks: Leak[] = [];
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 100;
    deeply(80, () =>
      wrapsAndForgets(
        held().stream,
        () => undefined,
        (leak) => leaks.push(leak),
      ),
    );
    Error.stackTraceLimit = limit;
    expect(await collected(() => leaks.length > 0)).toBe(true);
    expect(leaks[0]!.wrappedAt).toHaveLength(2_000);
  });

  test("has its generator closed, and an iterator that was begun", async () => {
    const leaks: Leak[] = [];
    const left: string[] = [];
    const generator = (async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        left.push("generator");
      }
    })();
    await generator.next();
    const iterable = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false as const, value: 1 }),
        return: async () => {
          left.push("iterator");
          throw new Error("it does not like to be left");
        },
      }),
    };
    (() => {
      wrapsAndForgets(
        generator,
        () => undefined,
        (leak) => leaks.push(leak),
      );
      void releaseOnEnd(iterable, () => undefined, { onLeak: (leak) => leaks.push(leak) })
        [Symbol.asyncIterator]()
        .next();
    })();
    await turn();
    expect(await collected(() => leaks.length === 2)).toBe(true);
    await turn();
    expect(left.toSorted()).toEqual(["generator", "iterator"]);
  });

  test("is nobody's fault once it has ended", async () => {
    const onLeak = vi.fn();
    const release = vi.fn();
    for (const stream of [new Response("x").body!, Readable.from(["x"]), (async function* () {})()]) {
      for await (const _ of releaseOnEnd(stream, release, { onLeak }));
    }
    await turn();
    expect(await collected(() => onLeak.mock.calls.length > 0, 4)).toBe(false);
    expect(release).toHaveBeenCalledTimes(3);
  });

  test("is not collected while somebody reads it", async () => {
    const onLeak = vi.fn();
    const reader = releaseOnEnd(held().stream, () => undefined, { onLeak }).getReader();
    const response = releaseOnEnd(new Response(held().stream), () => undefined, { onLeak });
    const iterator = releaseOnEnd(
      { [Symbol.asyncIterator]: () => ({ next: async () => ({ value: 1 }) }) },
      () => undefined,
      {
        onLeak,
      },
    )[Symbol.asyncIterator]();
    expect(await collected(() => onLeak.mock.calls.length > 0, 4)).toBe(false);
    expect([reader, response, iterator]).toHaveLength(3);
  });

  test("harms nobody if the hook throws: that surfaces where bugs do", async () => {
    const uncaught: unknown[] = [];
    vi.stubGlobal("queueMicrotask", (task: () => void) => {
      try {
        task();
      } catch (error) {
        uncaught.push(error);
      }
    });
    const release = vi.fn();
    wrapsAndForgets(held().stream, release, () => {
      throw new Error("the hook is broken");
    });
    expect(await collected(() => release.mock.calls.length > 0)).toBe(true);
    expect(uncaught).toHaveLength(1);
  });

  test.each(["close", "error"] as const)(
    "is released without a hook as well, if its source then has its %s",
    async (end) => {
      const release = vi.fn();
      const { stream, controller } = held();
      wrapsAndForgets(stream, release);
      await collected(() => false, 3);
      expect(release).not.toHaveBeenCalled();
      controller[end]();
      await turn();
      expect(release).toHaveBeenCalledTimes(1);
    },
  );
});

test("where no stack is told, nothing is said of where it was wrapped", async () => {
  const leaks: Leak[] = [];
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = () => undefined;
  wrapsAndForgets(
    held().stream,
    () => undefined,
    (leak) => leaks.push(leak),
  );
  Error.prepareStackTrace = prepareStackTrace;
  expect(await collected(() => leaks.length > 0)).toBe(true);
  expect(leaks).toEqual([{ wrappedAt: undefined }]);
});

test("where nobody can tell what is collected, nothing is heard of it", async () => {
  vi.stubGlobal("FinalizationRegistry", undefined);
  // Anew, as it may have a registry from before.
  vi.resetModules();
  const { releaseOnEnd } = await import("@sluice/release");
  const release = vi.fn();
  const response = releaseOnEnd(new Response("x"), release, { onLeak: () => undefined });
  expect(await response.text()).toBe("x");
  expect(release).toHaveBeenCalledTimes(1);
});
