import type { IncomingMessage, ServerResponse } from "node:http";
import { MemoryBudget } from "@sluice/semaphore";
import { afterEach, describe, expect, test, vi } from "vitest";
import { listenerOf, say, settled, type Wire } from "./wire.js";

const CAPACITY = 100;
const GET = "GET / HTTP/1.1";
const CHUNKED = "POST / HTTP/1.1\r\ntransfer-encoding: chunked";
const declaring = (size: number) => `POST / HTTP/1.1\r\ncontent-length: ${size}`;

const BUSY = "Too much is in progress. Try again later.\n";
const TOO_LARGE = "The request may have 5 bytes at most.\n";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

type Options = Partial<Parameters<typeof listenerOf>[0]>;

function make(
  options: Options = {},
  act: (incoming: IncomingMessage, outgoing: ServerResponse) => void = () => {},
) {
  const budget = new MemoryBudget(CAPACITY, { maxWaiting: 1 });
  const seen: { incoming: IncomingMessage; outgoing: ServerResponse }[] = [];
  const errors: unknown[] = [];
  const listener = listenerOf(
    { budget, weigh: () => CAPACITY, ...options },
    (incoming, outgoing) => {
      seen.push({ incoming, outgoing });
      act(incoming, outgoing);
    },
    (error) => errors.push(error),
  );
  return { budget, seen, errors, listener, say: (head: string, body?: string) => say(listener, head, body) };
}

describe("a request", () => {
  test("is its handler's once, holds its weight until it is answered, and leaves one listener behind", async () => {
    const { budget, seen, errors, listener } = make();
    let before = 0;
    const wire = await say((incoming, outgoing) => {
      before = outgoing.listenerCount("close");
      listener(incoming, outgoing);
    }, GET);
    expect([seen.length, budget.held]).toEqual([1, CAPACITY]);
    const { outgoing } = seen[0]!;
    // That which gives the permit back.
    expect(outgoing.listenerCount("close")).toBe(before + 1);
    outgoing.end("hello");
    await settled();
    expect(wire.told).toMatch(/^HTTP\/1.1 200 .*hello$/s);
    expect(budget.snapshot()).toMatchObject({ granted: 1, held: 0 });
    expect([wire.destroyed, errors]).toEqual([false, []]);
  });

  test("waits in line, and leaves it with its client", async () => {
    const acquire = vi.fn((_weight: number, _options?: unknown) => new Promise<never>(() => {}));
    const { seen, errors, say } = make({ budget: { acquire } });
    const wire = await say(GET);
    const { signal } = acquire.mock.calls[0]![1] as { signal: AbortSignal };
    expect([seen, signal.aborted]).toEqual([[], false]);
    wire.destroy();
    await settled();
    expect(signal.reason).toMatchObject({
      name: "ClientLeftError",
      code: "ERR_CLIENT_LEFT",
      message: "the client has closed the connection",
    });
    expect([seen, errors]).toEqual([[], []]);
  });

  test("whose client leaves is nobody's error, but what goes wrong beside it is", async () => {
    const boom = new Error("boom");
    const { budget, seen, errors, say } = make();
    await budget.acquire(1);
    (await say(GET)).destroy();
    await settled();
    expect([seen, errors, budget.waiting]).toEqual([[], [], 0]);

    let fail!: (error: unknown) => void;
    const weigh = () => new Promise<number>((_resolve, reject) => (fail = reject));
    const other = make({ weigh });
    (await other.say(GET)).destroy();
    await settled();
    fail(boom);
    await settled();
    expect([other.seen, other.errors]).toEqual([[], [boom]]);
  });

  test("whose client leaves while it is weighed is not handled, though it weighs nothing", async () => {
    let answer!: (weight: number) => void;
    const weigh = () =>
      new Promise<number>((resolve) => {
        answer = resolve;
      });
    const { seen, errors, say } = make({ weigh });
    (await say(GET)).destroy();
    await settled();
    answer(0);
    await settled();
    expect([seen, errors]).toEqual([[], []]);
  });

  test("whose weight is no count of bytes is an error of the program", async () => {
    for (const weight of [Number.NaN, -1, 1.5]) {
      const { seen, errors, say } = make({ weigh: () => weight });
      await say(GET);
      const expected = { code: "ERR_INVALID_VALUE", what: "weight", expected: "a whole number of bytes" };
      expect([seen, errors]).toMatchObject([[], [expected]]);
    }
  });

  test("whose response is gone before it comes to us is not weighed", async () => {
    const weigh = vi.fn(() => 1);
    const { seen, errors, listener } = make({ weigh });
    await say((incoming, outgoing) => {
      outgoing.destroy();
      listener(incoming, outgoing);
    }, GET);
    expect([weigh.mock.calls, seen, errors]).toEqual([[], [], []]);
  });

  test("that cannot be admitted is an error, whatever it is rejected with", async () => {
    const boom = new Error("boom");
    const words = () => undefined;
    for (const odd of [boom, words, undefined, null, "router", 0]) {
      const { seen, errors, say } = make({ budget: { acquire: () => Promise.reject(odd) } });
      await say(GET);
      const wrapped = new Error("the request could not be admitted", { cause: odd });
      const expected = Object(odd) === odd ? odd : wrapped;
      expect([seen, errors]).toEqual([[], [expected]]);
      if (expected === wrapped) expect((errors[0] as Error).cause).toBe(odd);
      else expect(errors[0]).toBe(odd);
    }
  });
});

describe("the body behind a response", () => {
  /** A response that is over before its request is. */
  async function early(read: (incoming: IncomingMessage) => void, head = declaring(6)) {
    const made = make({}, (incoming, outgoing) => {
      read(incoming);
      outgoing.end("early");
    });
    const wire = await made.say(head, "abc");
    expect(wire.told).toMatch(/early$/);
    return { ...made, wire, ...made.seen[0]! };
  }

  test.each(["data", "readable"])(
    "that somebody reads (%s) holds the permit until it ends",
    async (event) => {
      const { budget, incoming, wire } = await early((incoming) =>
        incoming.on(event, () => void incoming.read()),
      );
      const listeners = () => [incoming.listenerCount("end"), wire.listenerCount("close")];
      const [end, close] = listeners() as [number, number];
      expect(budget.held).toBe(CAPACITY);
      wire.push("def");
      await settled();
      expect(budget.held).toBe(0);
      // Nothing of ours is left on the connection, which serves on.
      expect(listeners()).toEqual([end - 1, close - 1]);
    },
  );

  test("that somebody reads holds the permit until the connection is gone", async () => {
    const { budget, incoming, wire } = await early((incoming) => incoming.on("data", () => undefined));
    const listeners = incoming.listenerCount("end");
    wire.destroy();
    await settled();
    expect([budget.held, incoming.listenerCount("end")]).toEqual([0, listeners - 1]);
  });

  test("that nobody reads is dropped, and cut off behind five seconds", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const timeout = vi.spyOn(globalThis, "setTimeout");
    for (const fate of ["ends", "leaves", "stays"] as const) {
      // Whoever has begun to read, and stopped, keeps Node from dropping the rest by itself.
      const { budget, incoming, wire } = await early((incoming) =>
        incoming.once("data", () => incoming.pause()),
      );
      expect([budget.held, incoming.readableFlowing, vi.getTimerCount()]).toEqual([0, true, 1]);
      expect(timeout.mock.results.at(-1)!.value.hasRef()).toBe(false);
      if (fate === "ends") wire.push("def");
      if (fate === "leaves") wire.destroy();
      await settled();
      expect(vi.getTimerCount()).toBe(fate === "stays" ? 1 : 0);
      vi.advanceTimersByTime(4_999);
      expect(wire.destroyed).toBe(fate === "leaves");
      vi.advanceTimersByTime(1);
      expect(wire.destroyed).toBe(fate !== "ends");
    }
  });

  test("that is over already, or gone, gives the permit back at once, and needs no timer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const whole = await early((incoming) => incoming.on("data", () => undefined), declaring(3));
    expect([whole.budget.held, vi.getTimerCount()]).toEqual([0, 0]);

    const answered = make({}, (incoming, outgoing) => {
      incoming.on("data", () => undefined).once("end", () => outgoing.end());
    });
    await answered.say(declaring(3), "abc");
    expect([answered.budget.held, vi.getTimerCount()]).toEqual([0, 0]);

    for (const leave of [
      (incoming: IncomingMessage) => incoming.on("error", () => undefined).destroy(),
      (incoming: IncomingMessage) => incoming.socket.destroy(),
    ]) {
      const made = make({}, (incoming) => {
        incoming.on("data", () => undefined);
        leave(incoming);
      });
      await made.say(declaring(6), "abc");
      expect([made.budget.held, vi.getTimerCount()]).toEqual([0, 0]);
    }
  });
});

describe("with maxBody", () => {
  const taken = (incoming: IncomingMessage) => Object.hasOwn(incoming, "push");

  test("only a body that comes in chunks is counted", async () => {
    for (const [head, maxBody, counted] of [
      [CHUNKED, 5, true],
      [CHUNKED, undefined, false],
      [declaring(5), 5, false],
      [GET, 5, false],
      // Where a lenient parser lets both through, the length is not what counts.
      [`${declaring(9)}\r\ntransfer-encoding: chunked`, 5, true],
    ] as const) {
      const { seen, say } = make({ maxBody });
      await say(head);
      expect(seen.map(({ incoming }) => taken(incoming))).toEqual([counted]);
    }
  });

  test("a body that crosses it is answered for its handler, and ends with the error behind its client", async () => {
    const failed = vi.fn();
    const { budget, errors, seen, say } = make({ maxBody: 5 }, (incoming) =>
      incoming.on("error", failed).resume(),
    );
    const wire = await say(CHUNKED, "5\r\nhello\r\n");
    expect(wire.told).toBe("");
    wire.push("1\r\n!\r\n");
    await settled();
    expect(wire.told).toMatch(/^HTTP\/1.1 413 .*connection: close.*at most\.\n/is);
    expect([wire.ended, wire.destroyed, budget.held, failed.mock.calls]).toEqual([
      false,
      false,
      CAPACITY,
      [],
    ]);
    wire.push("0\r\n\r\n");
    await settled();
    expect(wire.ended).toBe(true);
    expect(failed.mock.calls).toMatchObject([[{ code: "ERR_TOO_LARGE", limit: 5, seen: 6 }]]);
    expect([budget.held, errors, seen.length]).toEqual([0, [], 1]);
  });

  test("a body that crosses it behind the head of the response cuts that off", async () => {
    const failed = vi.fn();
    const { budget, say } = make({ maxBody: 5 }, (incoming, outgoing) => {
      incoming.on("error", failed).resume();
      outgoing.write("begun");
    });
    const wire = await say(CHUNKED);
    wire.push("6\r\nhello!\r\n");
    await settled();
    expect(wire.told).toMatch(/begun\r\n$/);
    expect([wire.destroyed, budget.held]).toEqual([true, 0]);
    expect(failed.mock.calls).toMatchObject([[{ code: "ERR_TOO_LARGE" }]]);
  });

  test.each([true, false])(
    "a body that crosses it ends no process where nobody listens (%s)",
    async (begun) => {
      let listening: number | undefined;
      const { say } = make({ maxBody: 5 }, (incoming, outgoing) => {
        const destroy = incoming.destroy.bind(incoming);
        incoming.destroy = (error) => {
          listening ??= incoming.listenerCount("error");
          return destroy(error);
        };
        if (begun) outgoing.write("begun");
      });
      const wire = await say(CHUNKED);
      wire.push("6\r\nhello!\r\n");
      await settled();
      if (!begun) wire.push("0\r\n\r\n");
      await settled();
      expect(listening).toBe(1);
    },
  );

  test("a body that crosses it in line leaves the line, and its handler does not run", async () => {
    const { budget, errors, seen, say } = make({ maxBody: 5 });
    const permit = await budget.acquire(1);
    const wire = await say(CHUNKED);
    expect(budget.waiting).toBe(1);
    wire.push("6\r\nhello!\r\n");
    await settled();
    expect(wire.told).toContain(TOO_LARGE);
    expect(budget.snapshot()).toMatchObject({ waiting: 0, aborted: 1 });
    permit.release();
    wire.destroy();
    await settled();
    expect([errors, seen, budget.held]).toEqual([[], [], 0]);
  });

  test("a body is counted no longer once its request was refused", async () => {
    const { budget, seen, say } = make({ maxBody: 5 });
    budget.close();
    const wire = await say(CHUNKED);
    expect(wire.told).toContain(BUSY);
    wire.push("6\r\nhello!\r\n");
    await settled();
    expect([wire.destroyed, wire.ended]).toEqual([false, false]);
    wire.push("0\r\n\r\n");
    await settled();
    expect([wire.ended, seen]).toEqual([true, []]);
    expect(wire.told.match(/HTTP/g)).toHaveLength(1);
  });
});

describe("a refusal", () => {
  async function refused(head: string, body?: string) {
    const made = make();
    made.budget.close();
    return made.say(head, body);
  }
  const head = (wire: Wire) => wire.told.slice(0, wire.told.indexOf("\r\n\r\n"));
  const text = (wire: Wire) => wire.told.slice(wire.told.indexOf("\r\n\r\n") + 4);
  const CLOSE = /connection: close/i;

  test.each([
    ["has all its body", declaring(3), "abc"],
    ["has no body", GET, ""],
    ["has little of its body to come", declaring(256 * 1024), "abc"],
  ])("of a request that %s leaves the connection open", async (_title, request, body) => {
    const wire = await refused(request, body);
    expect(head(wire)).toMatch(/^HTTP\/1.1 503 .*retry-after: 1/is);
    expect(head(wire)).not.toMatch(CLOSE);
    expect([text(wire), wire.ended]).toEqual([BUSY, false]);
  });

  test("of a request that is large, and all there, leaves the connection open", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const size = 256 * 1024 + 1;
    const { budget, listener } = make();
    budget.close();
    const wire = await say(
      (incoming, outgoing) => {
        incoming.resume().once("end", () => listener(incoming, outgoing));
      },
      declaring(size),
      "x".repeat(size),
    );
    expect(head(wire)).not.toMatch(CLOSE);
    expect([text(wire), wire.ended, vi.getTimerCount()]).toEqual([BUSY, false, 0]);
  });

  test.each([
    ["much of its body", declaring(256 * 1024 + 1), "x".repeat(256 * 1024 + 1)],
    ["who knows how much", CHUNKED, "0\r\n\r\n"],
  ])(
    "of a request that has %s to come is told at once, and ends behind the body",
    async (_title, request, body) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const wire = await refused(request);
      expect(head(wire)).toMatch(/^HTTP\/1.1 503 .*retry-after: 1/is);
      expect(head(wire)).toMatch(CLOSE);
      expect([text(wire), wire.ended, vi.getTimerCount()]).toEqual([BUSY, false, 1]);
      wire.push(body);
      await settled();
      expect([wire.ended, vi.getTimerCount()]).toEqual([true, 0]);
    },
  );

  test("ends with its client, and with its time", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const gone = await refused(CHUNKED);
    gone.destroy();
    await settled();
    expect(vi.getTimerCount()).toBe(0);

    const stuck = await refused(CHUNKED);
    vi.advanceTimersByTime(4_999);
    await settled();
    expect(stuck.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    await settled();
    expect([stuck.destroyed, vi.getTimerCount()]).toEqual([true, 0]);
  });

  test("whose connection fails is nobody's error", async () => {
    const { budget, listener } = make();
    budget.close();
    let answer!: ServerResponse;
    await say((incoming, outgoing) => {
      answer = outgoing;
      listener(incoming, outgoing);
    }, CHUNKED);
    expect(() => answer.emit("error", new Error("boom"))).not.toThrow();
  });

  test("of HEAD has the head alone, at once", async () => {
    for (const length of ["content-length: 3", "transfer-encoding: chunked"]) {
      const wire = await refused(`HEAD / HTTP/1.1\r\n${length}`);
      expect(head(wire)).toMatch(/^HTTP\/1.1 503 .*content-length: 42/is);
      expect(text(wire)).toBe("");
      wire.destroy();
    }
  });
});
