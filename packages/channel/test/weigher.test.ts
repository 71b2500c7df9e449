import { Channel, type WhenFull } from "@sluice/channel";
import { describe, expect, test } from "vitest";

const MODES: readonly WhenFull[] = ["wait", "reject", "drop-oldest", "drop-newest", "drop-incoming"];
const NONSENSE: readonly unknown[] = [
  Number.NaN,
  -1,
  0,
  1.5,
  Number.POSITIVE_INFINITY,
  2 ** 53,
  "3",
  3n,
  null,
  undefined,
  Promise.resolve(1),
];
const BAD = "bad";

/** A channel that holds one "ok" of weight 2, and whose weigher says nonsense, or throws, for `BAD`. */
function holding(bad: () => unknown, whenFull: WhenFull = "wait", capacity = 3) {
  const lost: string[] = [];
  const channel = new Channel<string>({
    capacity,
    whenFull,
    weigh: (text) => (text === BAD ? (bad() as number) : text.length),
    onUndelivered: (text) => lost.push(text),
  });
  channel.trySend("ok");
  return { channel, lost };
}

describe("a weigher that says nonsense loses the call and nothing else:", () => {
  test.each(NONSENSE)("%s", async (value) => {
    const refusal = expect.objectContaining({ code: "ERR_INVALID_VALUE", value });
    for (const whenFull of MODES) {
      const { channel, lost } = holding(() => value, whenFull);
      const seat = await channel.reserve();
      const before = channel.snapshot();
      await expect(channel.send(BAD)).rejects.toEqual(refusal);
      expect(() => channel.trySend(BAD)).toThrow(refusal);
      expect(() => seat.send(BAD)).toThrow(refusal);
      expect(channel.snapshot()).toEqual(before);
      expect(lost).toEqual([]);
      seat.send("x");
      expect(channel.drain()).toEqual(["ok", "x"]);
    }
  });

  test.each(NONSENSE)("%s at a rendezvous, with a receiver who goes on waiting", async (value) => {
    const { channel } = holding(() => value, "wait", 0);
    const received = channel.receive();
    expect(() => channel.trySend(BAD)).toThrow(expect.objectContaining({ code: "ERR_INVALID_VALUE", value }));
    expect(channel.snapshot().waitingReceivers).toBe(1);
    await channel.send("fine");
    expect(await received).toBe("fine");
  });
});

describe("a weigher that throws", () => {
  const boom = new Error("boom");
  const fails = () => {
    throw boom;
  };

  test.each(MODES)("refuses the item in each way of sending it: %s", async (whenFull) => {
    const { channel, lost } = holding(fails, whenFull);
    const seat = await channel.reserve();
    const before = channel.snapshot();
    await expect(channel.send(BAD)).rejects.toBe(boom);
    expect(() => channel.trySend(BAD)).toThrow(boom);
    expect(() => seat.send(BAD)).toThrow(boom);
    expect([channel.snapshot(), lost]).toEqual([before, []]);
    seat.release();
    channel.close();
    expect(channel.drain()).toEqual(["ok"]);
    expect(channel.snapshot().phase).toBe("closed");
  });

  test("disturbs no sender who waits, and nobody waits for ever", async () => {
    const { channel } = holding(fails);
    const waits = [channel.send("two"), channel.send("x")];
    await expect(channel.send(BAD)).rejects.toBe(boom);
    expect(channel.snapshot().waitingSenders).toBe(2);
    expect([await channel.receive(), await channel.receive(), await channel.receive()]).toEqual([
      "ok",
      "two",
      "x",
    ]);
    await Promise.all(waits);
  });

  test("disturbs no receiver who waits", async () => {
    const { channel } = holding(fails);
    channel.drain();
    const received = channel.receive();
    await expect(channel.send(BAD)).rejects.toBe(boom);
    await channel.send("x");
    expect(await received).toBe("x");
  });
});

describe("a weigher that calls right back into its channel", () => {
  /** Runs `call` within the next weighing, once. */
  function calling(capacity = 3, whenFull: WhenFull = "wait") {
    const lost: string[] = [];
    const once: { call?: (channel: Channel<string>) => void } = {};
    const channel: Channel<string> = new Channel<string>({
      capacity,
      whenFull,
      weigh: (text) => {
        const { call } = once;
        delete once.call;
        call?.(channel);
        return text.length;
      },
      onUndelivered: (text, why) => lost.push(`${text} ${why}`),
    });
    return { channel, lost, once };
  }

  test.each(MODES)("may send: what it sends is in before, and both count (%s)", async (whenFull) => {
    const { channel, lost, once } = calling(3, whenFull);
    once.call = () => channel.trySend("in");
    const sent = channel.trySend("out");
    const { weight, size } = channel.snapshot();
    expect(weight).toBeLessThanOrEqual(3);
    const inside = channel.drain();
    expect([inside.length, inside.join("").length]).toEqual([size, weight]);
    expect(inside.length + lost.length).toBe(sent ? 2 : 1);
  });

  test("may receive and drain: the item then finds the room that this made", async () => {
    const { channel, once } = calling(3);
    channel.trySend("abc");
    once.call = () => expect(channel.drain()).toEqual(["abc"]);
    expect(channel.trySend("def")).toBe(true);
    expect(channel.snapshot()).toMatchObject({ size: 1, weight: 3 });
  });

  test.each(["close", "cancel", "fail"] as const)("may %s: the item is refused, not lost", async (end) => {
    const { channel, lost, once } = calling();
    once.call = () => channel[end]("over");
    await expect(channel.send("a")).rejects.toMatchObject({ code: "ERR_CLOSED" });
    expect(channel.trySend("b")).toBe(false);
    expect([channel.drain(), lost]).toEqual([[], []]);
  });

  test("may abort the very send: it rejects, and the item is not in", async () => {
    const { channel, once } = calling();
    const stop = new AbortController();
    once.call = () => stop.abort("stop");
    await expect(channel.send("a", { signal: stop.signal })).rejects.toBe("stop");
    expect(channel.snapshot()).toMatchObject({ size: 0, sent: 0, waitingSenders: 0 });
  });

  test.each(["close", "cancel"] as const)(
    "may %s while a seat is used: the item takes its way",
    async (end) => {
      const { channel, lost, once } = calling();
      const seat = await channel.reserve({ weight: 2 });
      once.call = () => channel[end]();
      seat.send("ab");
      expect([channel.drain(), lost]).toEqual(end === "close" ? [["ab"], []] : [[], ["ab cancelled"]]);
      expect(() => seat.send("cd")).toThrow(expect.objectContaining({ code: "ERR_CLOSED" }));
    },
  );

  test("may give up the seat that is being used: then the seat is gone, once", async () => {
    const { channel, once } = calling();
    const seat = await channel.reserve();
    once.call = () => seat.release();
    expect(() => seat.send("a")).toThrow(expect.objectContaining({ code: "ERR_CLOSED" }));
    while (channel.trySend("x"));
    expect(channel.snapshot().weight).toBe(3);
  });

  test("may use the seat that is being used: then it is used, once", async () => {
    const { channel, once } = calling();
    const seat = await channel.reserve();
    once.call = () => seat.send("b");
    expect(() => seat.send("a")).toThrow(expect.objectContaining({ code: "ERR_CLOSED" }));
    while (channel.trySend("x"));
    expect(channel.snapshot().weight).toBe(3);
  });
});
