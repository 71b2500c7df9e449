import { Channel, type ChannelOptions, FullError } from "@sluice/channel";
import { Semaphore } from "@sluice/semaphore";
import { describe, expect, test } from "vitest";

const { MAX_SAFE_INTEGER, NaN: NOT_A_NUMBER, POSITIVE_INFINITY } = Number;

function refusalOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (refusal) {
    return refusal;
  }
}

describe("options that make no sense are refused, and the error says which and why", () => {
  const COUNT = "a safe integer of at least 0";
  test.each<[Record<string, unknown>, string]>([
    [{ capacity: -1 }, `capacity must be ${COUNT}, got -1`],
    [{ capacity: 1.5 }, `capacity must be ${COUNT}, got 1.5`],
    [{ capacity: NOT_A_NUMBER }, `capacity must be ${COUNT}, got NaN`],
    [{ capacity: POSITIVE_INFINITY }, `capacity must be ${COUNT}, got Infinity`],
    [{ capacity: 2 ** 53 }, `capacity must be ${COUNT}, got 9007199254740992`],
    [{ capacity: "4" }, `capacity must be ${COUNT}, got "4"`],
    [{ maxWaiting: -1 }, `maxWaiting must be ${COUNT}, or Infinity, got -1`],
    [{ maxWaiting: 0.5 }, `maxWaiting must be ${COUNT}, or Infinity, got 0.5`],
    [{ weigh: 1 }, "weigh must be a function, got 1"],
    [{ onUndelivered: null }, "onUndelivered must be a function, got null"],
    [{ lowWater: -1 }, `lowWater must be ${COUNT}, or Infinity, got -1`],
    [{ lowWater: NOT_A_NUMBER }, `lowWater must be ${COUNT}, or Infinity, got NaN`],
    [
      { whenFull: "burst" },
      'whenFull must be one of wait, reject, drop-oldest, drop-newest, drop-incoming, got "burst"',
    ],
    [
      { whenFull: "drop-oldest", budget: new Semaphore(1) },
      'whenFull must be wait or reject beside a budget, got "drop-oldest"',
    ],
    [
      { whenFull: "drop-incoming", budget: new Semaphore(1) },
      'whenFull must be wait or reject beside a budget, got "drop-incoming"',
    ],
  ])("%j", (options, message) => {
    const refusal = refusalOf(() => new Channel({ capacity: 1, ...options } as ChannelOptions<unknown>));
    expect(refusal).toMatchObject({ code: "ERR_INVALID_VALUE", message });
  });
});

test.each([undefined, null, "4", true])("%s in place of the options is refused", (options) => {
  const refusal = refusalOf(() => new Channel(options as unknown as number));
  expect(refusal).toMatchObject({ code: "ERR_INVALID_VALUE", what: "options", expected: "an object" });
});

test.each<Partial<ChannelOptions<unknown>>>([
  { capacity: 0 },
  { capacity: MAX_SAFE_INTEGER },
  { maxWaiting: 0 },
  { maxWaiting: POSITIVE_INFINITY },
  { lowWater: 0 },
  { lowWater: POSITIVE_INFINITY },
  { whenFull: "wait", budget: new Semaphore(1) },
  { whenFull: "reject", budget: new Semaphore(1) },
  { whenFull: "drop-newest" },
])("options at the edge of what makes sense are taken: %j", (options) => {
  expect(new Channel({ capacity: 1, ...options }).snapshot().phase).toBe("open");
});

test("an option that is undefined is as one that is left out", async () => {
  const channel = new Channel<number>({
    capacity: 1,
    whenFull: undefined,
    maxWaiting: undefined,
    lowWater: undefined,
    weigh: undefined,
    budget: undefined,
  });
  await channel.send(1);
  const waits = [2, 3].map((n) => channel.send(n));
  expect(channel.drain()).toEqual([1, 2, 3]);
  await Promise.all(waits);
});

describe("what an item weighs", () => {
  test.each([0, -1, 1.5, NOT_A_NUMBER])("%s is refused by a text that says what would be right", (weight) => {
    const channel = new Channel<string>({ capacity: 4, weigh: () => weight });
    expect(() => channel.trySend("x")).toThrow(
      `the weight of an item must be a safe integer of at least 1, got ${weight}`,
    );
  });

  test("the whole capacity fits, and one more is too heavy", () => {
    const channel = new Channel<number>({ capacity: 4, weigh: (n) => n, name: "parts" });
    expect(() => channel.trySend(5)).toThrow("parts: asked for 5, but only 4 exist");
    expect(channel.trySend(4)).toBe(true);
  });

  test("beside a budget the smaller of the two is what may fit", () => {
    const wide = new Channel<number>({ capacity: 9, weigh: (n) => n, budget: new Semaphore(3) });
    expect(() => wide.trySend(4)).toThrow("asked for 4, but only 3 exist");
    expect(wide.trySend(3)).toBe(true);
    const narrow = new Channel<number>({ capacity: 2, weigh: (n) => n, budget: new Semaphore(3) });
    expect(() => narrow.trySend(3)).toThrow("asked for 3, but only 2 exist");
  });

  test.each([0, 1.5])("a seat of %s is refused", async (weight) => {
    await expect(new Channel(2).reserve({ weight })).rejects.toMatchObject({
      code: "ERR_INVALID_VALUE",
      value: weight,
    });
  });
});

describe("errors name the channel, if it has a name", () => {
  test("ERR_FULL", () => {
    const error = new FullError({ id: 7 }, 3, "jobs");
    expect(error).toMatchObject({ name: "FullError", code: "ERR_FULL", item: { id: 7 }, capacity: 3 });
    expect(error.message).toBe("jobs: no room for the item within 3");
    expect(new FullError("x", 3).message).toBe("no room for the item within 3");
  });

  test("ERR_CLOSED, with the reason of the cancellation or the failure as its cause", async () => {
    const cancelled = new Channel<number>({ capacity: 1, name: "jobs" });
    cancelled.cancel("why");
    await expect(cancelled.receive()).rejects.toMatchObject({ message: "jobs: closed", cause: "why" });
    const closed = new Channel<number>(1);
    closed.close();
    const refusal = await closed.receive().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ message: "closed" });
    expect(refusal).not.toHaveProperty("cause");
  });

  test("ERR_CLOSED, for a send permit that is gone, names the permit", async () => {
    const seat = await new Channel<number>({ capacity: 1, name: "jobs" }).reserve();
    seat.release();
    expect(() => seat.send(1)).toThrow("the send permit: closed");
  });
});

describe("the phase", () => {
  test("is draining while a seat is held, and then what the end was", async () => {
    const channel = new Channel<number>(2);
    expect(channel.snapshot().phase).toBe("open");
    const seat = await channel.reserve();
    channel.fail("why");
    expect(channel.snapshot().phase).toBe("draining");
    seat.release();
    expect(channel.snapshot().phase).toBe("failed");
    channel.cancel();
    expect(channel.snapshot().phase).toBe("failed");
  });

  test("is cancelled at once, also while a seat is held", async () => {
    const channel = new Channel<number>(2);
    const seat = await channel.reserve();
    channel.cancel();
    expect(channel.snapshot().phase).toBe("cancelled");
    seat.release();
    expect(channel.snapshot().phase).toBe("cancelled");
  });
});

test("all steps at the end of an iteration are one frozen step", async () => {
  const channel = new Channel<number>(1);
  channel.close();
  const iterator = channel[Symbol.asyncIterator]();
  const step = await iterator.next();
  expect(step).toEqual({ done: true, value: undefined });
  expect(Object.isFrozen(step)).toBe(true);
  expect(await iterator.return?.()).toBe(step);
});
