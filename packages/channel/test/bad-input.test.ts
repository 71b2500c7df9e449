import { Channel, type ChannelOptions } from "@sluice/channel";
import { Semaphore, type WaitOptions } from "@sluice/semaphore";
import { describe, expect, test } from "vitest";

// What callers without types pass.
const NO_COUNTS: readonly unknown[] = [
  Number.NaN,
  1.5,
  -1,
  0,
  Number.POSITIVE_INFINITY,
  2 ** 53,
  "3",
  3n,
  null,
  true,
  {},
  Symbol("3"),
  () => 3,
];
const NO_WAITS: readonly [string, unknown][] = [
  ["timeout", Number.NaN],
  ["timeout", -1],
  ["timeout", Number.POSITIVE_INFINITY],
  ["timeout", 2 ** 31],
  ["timeout", "5"],
  ["timeout", 5n],
  ["timeout", null],
  ["signal", null],
  ["signal", {}],
  ["signal", "stop"],
  ["signal", new EventTarget()],
];

const refusalOf = (what: string, value: unknown) =>
  expect.objectContaining({ name: "InvalidValueError", code: "ERR_INVALID_VALUE", what, value });

/** A full channel with a sender in line, so that whatever was let through would show. */
function full() {
  const channel = new Channel<number>(1);
  channel.trySend(1);
  const waiting = channel.send(2);
  return { channel, waiting };
}

describe("what is no count is refused by name, and changes nothing:", () => {
  test.each(NO_COUNTS)("%s as the weight of a seat, or as a number of items", async (value) => {
    const { channel, waiting } = full();
    const before = channel.snapshot();
    const count = value as number;
    await expect(channel.reserve({ weight: count })).rejects.toEqual(refusalOf("weight", value));
    await expect(channel.receiveMany(count)).rejects.toEqual(refusalOf("max", value));
    expect(() => channel.drain(count)).toThrow(refusalOf("max", value));
    expect(channel.snapshot()).toEqual(before);
    expect(channel.drain()).toEqual([1, 2]);
    await waiting;
  });

  test.each(NO_COUNTS.filter((value) => value !== 0 && typeof value !== "object"))(
    "%s as a capacity",
    (value) => {
      const options = { capacity: value } as ChannelOptions<unknown>;
      expect(() => new Channel(options)).toThrow(refusalOf("capacity", value));
    },
  );

  test.each(NO_COUNTS.filter((value) => value !== 0 && value !== Number.POSITIVE_INFINITY))(
    "%s as a limit",
    (value) => {
      for (const what of ["maxWaiting", "lowWater"]) {
        const options = { capacity: 1, [what]: value } as ChannelOptions<unknown>;
        expect(() => new Channel(options)).toThrow(refusalOf(what, value));
      }
    },
  );
});

describe("what makes no sense is refused where the channel is made:", () => {
  test.each([undefined, null, "5", 5n, true, () => 1])("%s in place of the options", (value) => {
    expect(() => new Channel(value as unknown as number)).toThrow(refusalOf("options", value));
  });

  test.each([
    ["weigh", 5],
    ["weigh", null],
    ["onUndelivered", "log"],
    ["onUndelivered", {}],
    ["whenFull", "burst"],
    ["whenFull", null],
    ["whenFull", 3],
  ])("%s: %j", (what, value) => {
    const options = { capacity: 1, [what]: value } as ChannelOptions<unknown>;
    expect(() => new Channel(options)).toThrow(refusalOf(what, value));
  });

  test.each(["drop-oldest", "drop-newest", "drop-incoming"] as const)("%s beside a budget", (whenFull) => {
    const make = () => new Channel({ capacity: 1, whenFull, budget: new Semaphore(1) });
    expect(make).toThrow(refusalOf("whenFull", whenFull));
  });
});

describe("what a wait cannot understand is refused by name, and nobody is left in line:", () => {
  const everyWait = async (options: WaitOptions, refusal: unknown) => {
    const { channel, waiting } = full();
    let before = channel.snapshot();
    await expect(channel.send(3, options)).rejects.toEqual(refusal);
    await expect(channel.reserve(options)).rejects.toEqual(refusal);
    await expect(channel.whenRoom(options)).rejects.toEqual(refusal);
    await expect(channel.receive(options)).rejects.toEqual(refusal);
    await expect(channel.receiveMany(1, options)).rejects.toEqual(refusal);
    expect(channel.snapshot()).toEqual(before);
    expect(channel.drain()).toEqual([1, 2]);
    await waiting;
    before = channel.snapshot();
    await expect(channel.receive(options)).rejects.toEqual(refusal);
    await expect(channel.receiveMany(1, options)).rejects.toEqual(refusal);
    await expect(channel.send(3, options)).rejects.toEqual(refusal);
    await expect(channel.reserve(options)).rejects.toEqual(refusal);
    await expect(channel.whenRoom(options)).rejects.toEqual(refusal);
    expect(channel.snapshot()).toEqual(before);
  };

  test.each(NO_WAITS)("a %s of %s", async (what, value) => {
    await everyWait({ [what]: value }, refusalOf(what, value));
  });

  test("an already aborted signal, by its reason", async () => {
    const reason = { mine: true };
    await everyWait({ signal: AbortSignal.abort(reason) }, reason);
  });

  test.each([null, 5_000, "fast", false])("options that are %s", async (value) => {
    const channel = new Channel<number>(1);
    const before = channel.snapshot();
    const options = value as WaitOptions;
    const refusal = refusalOf("options", value);
    await expect(channel.send(3, options)).rejects.toEqual(refusal);
    await expect(channel.whenRoom(options)).rejects.toEqual(refusal);
    await expect(channel.receive(options)).rejects.toEqual(refusal);
    await expect(channel.receiveMany(1, options)).rejects.toEqual(refusal);
    expect(channel.snapshot()).toEqual(before);
  });

  test("also by a channel that takes most items without a closer look", async () => {
    const channel = new Channel<number>(4);
    channel.trySend(1);
    const stop = AbortSignal.abort("enough");
    await expect(channel.send(2, { signal: stop })).rejects.toBe("enough");
    await expect(channel.send(2, { timeout: -1 })).rejects.toMatchObject({ code: "ERR_INVALID_VALUE" });
    expect(channel.snapshot()).toMatchObject({ size: 1, sent: 1 });
  });

  test("options of reserve that are null", async () => {
    const channel = new Channel<number>(1);
    await expect(channel.reserve(null as unknown as WaitOptions)).rejects.toBeInstanceOf(Error);
    expect(channel.snapshot()).toMatchObject({ waitingSenders: 0, size: 0 });
  });
});

describe("no room at all", () => {
  test.each([
    { whenFull: "wait", tried: false, dropped: [], rejected: 0 },
    { whenFull: "reject", tried: false, dropped: [], rejected: 1 },
    { whenFull: "drop-oldest", tried: true, dropped: ["dropped"], rejected: 0 },
    { whenFull: "drop-newest", tried: true, dropped: ["dropped"], rejected: 0 },
    { whenFull: "drop-incoming", tried: true, dropped: ["dropped"], rejected: 0 },
  ] as const)("a rendezvous with $whenFull keeps nothing, and meets who waits", async (right) => {
    const lost: string[] = [];
    const onUndelivered = (_item: string, why: string) => lost.push(why);
    const channel = new Channel<string>({ capacity: 0, whenFull: right.whenFull, onUndelivered });
    expect(channel.trySend("nobody")).toBe(right.tried);
    expect(lost).toEqual(right.dropped);
    const received = channel.receive();
    expect(channel.trySend("somebody")).toBe(true);
    expect(await received).toBe("somebody");
    expect(channel.snapshot()).toMatchObject({ size: 0, peakWeight: 0, rejected: right.rejected });
    await expect(channel.reserve()).rejects.toMatchObject({ code: "ERR_TOO_HEAVY", capacity: 0 });
  });

  test("nobody waits where maxWaiting is 0: sends, seats and questions for room are shed at once", async () => {
    const channel = new Channel<number>({ capacity: 1, maxWaiting: 0, name: "jobs" });
    await channel.send(1);
    const before = channel.snapshot();
    const shed = { code: "ERR_OVERLOADED", waiting: 0 };
    await expect(channel.send(2)).rejects.toMatchObject(shed);
    await expect(channel.reserve()).rejects.toMatchObject(shed);
    await expect(channel.whenRoom()).rejects.toMatchObject(shed);
    expect(channel.snapshot()).toEqual(before);
    expect(channel.tryReceive()).toEqual({ value: 1 });
    await channel.send(3);
    expect(await channel.receive()).toBe(3);
  });

  test("with capacity 1, only a weight of 1 fits, and the heavy is refused in each mode", async () => {
    for (const whenFull of ["wait", "reject", "drop-oldest", "drop-newest", "drop-incoming"] as const) {
      const channel = new Channel<number>({ capacity: 1, whenFull, weigh: (n) => n });
      channel.trySend(1);
      const before = channel.snapshot();
      await expect(channel.send(2)).rejects.toMatchObject({ code: "ERR_TOO_HEAVY", weight: 2, capacity: 1 });
      expect(() => channel.trySend(2)).toThrow(expect.objectContaining({ code: "ERR_TOO_HEAVY" }));
      await expect(channel.reserve({ weight: 2 })).rejects.toMatchObject({ code: "ERR_TOO_HEAVY" });
      expect(channel.snapshot()).toEqual(before);
      expect(channel.drain()).toEqual([1]);
    }
  });
});
