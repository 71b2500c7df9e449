import { Channel } from "@sluice/channel";
import { describe, expect, test } from "vitest";

const END = { done: true, value: undefined };

describe("the sender's half", () => {
  test("reserves a seat, with the options that it was given", async () => {
    const { sender, receiver } = new Channel<string>({ capacity: 3, weigh: (text) => text.length });
    const seat = await sender.reserve({ weight: 3 });
    expect(sender.trySend("a")).toBe(false);
    seat.send("abc");
    expect(receiver.tryReceive()).toEqual({ value: "abc" });
  });

  test("waits for room, as long as its options say", async () => {
    const { sender } = new Channel<number>(1);
    expect(await sender.whenRoom()).toBe(true);
    sender.trySend(1);
    const stop = new AbortController();
    const [room, sent, seat] = [
      sender.whenRoom({ signal: stop.signal }),
      sender.send(2, { signal: stop.signal }),
      sender.reserve({ signal: stop.signal }),
    ];
    stop.abort("enough");
    await expect(room).rejects.toBe("enough");
    await expect(sent).rejects.toBe("enough");
    await expect(seat).rejects.toBe("enough");
  });
});

describe("the receiver's half", () => {
  test("takes many, at most as many as it is told", async () => {
    const { sender, receiver } = new Channel<number>(5);
    for (const n of [1, 2, 3, 4, 5]) sender.trySend(n);
    expect(await receiver.receiveMany(2)).toEqual([1, 2]);
    expect(receiver.drain(1)).toEqual([3]);
    expect(receiver.drain()).toEqual([4, 5]);
  });

  test("waits as long as its options say", async () => {
    const { receiver } = new Channel<number>(1);
    const stop = new AbortController();
    const [one, many] = [
      receiver.receive({ signal: stop.signal }),
      receiver.receiveMany(2, { signal: stop.signal }),
    ];
    stop.abort("enough");
    await expect(one).rejects.toBe("enough");
    await expect(many).rejects.toBe("enough");
  });

  test("cancels with a reason, which the sender's half hears", async () => {
    const { sender, receiver } = new Channel<number>(1);
    receiver.cancel("no more");
    await expect(sender.send(1)).rejects.toMatchObject({ code: "ERR_CLOSED", cause: "no more" });
  });

  test("consumes, and is cancelled by leaving that loop only", async () => {
    const channel = new Channel<number>(3);
    for (const n of [1, 2, 3]) channel.trySend(n);
    for await (const n of channel.receiver) if (n === 1) break;
    expect(channel.snapshot().phase).toBe("open");
    for await (const n of channel.receiver.consume()) if (n === 2) break;
    expect(channel.snapshot()).toMatchObject({ phase: "cancelled", received: 2 });
  });
});

describe("an iteration", () => {
  test("is its own iterator, so that it can be looped over in parts", async () => {
    const channel = new Channel<number>(3);
    for (const n of [1, 2]) channel.trySend(n);
    channel.close();
    const iterator = channel[Symbol.asyncIterator]();
    expect(iterator[Symbol.asyncIterator]()).toBe(iterator);
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    const rest: number[] = [];
    for await (const n of iterator) rest.push(n);
    expect(rest).toEqual([2]);
    expect(await iterator.next()).toEqual(END);
  });

  test("that was left, once or twice, is at its end; over consume() the channel is cancelled", async () => {
    const lost: number[] = [];
    const channel = new Channel<number>({ capacity: 3, onUndelivered: (n) => lost.push(n) });
    channel.trySend(1);
    const iterator = channel.consume();
    expect(await iterator.return?.()).toEqual(END);
    expect(await iterator.return?.()).toEqual(END);
    expect(await iterator.next()).toEqual(END);
    expect([lost, channel.snapshot().phase]).toEqual([[1], "cancelled"]);
  });
});
