import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Channel } from "@sluice/channel";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const MILLION = 1_000_000;
const CROWD = 50_000;

async function settled(turns = 10): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** MiB of the heap that are in use. A million who wait take more than a hundred. */
function used(): number {
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

describe("a crowd", () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  beforeEach(() => {
    warnings.length = 0;
    process.on("warning", warn);
  });
  afterEach(async () => {
    // Node warns on the next tick.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    process.off("warning", warn);
    expect(warnings).toEqual([]);
  });

  test("a million receivers are all served, in order, and leave nothing behind", async () => {
    const before = used();
    const channel = new Channel<number>(16);
    let served = 0;
    let wrong = 0;
    let last: Promise<unknown> = Promise.resolve();
    for (let n = 0; n < MILLION; n++) {
      last = channel.receive().then((item) => {
        if (item !== n || served++ !== n) wrong++;
      });
    }
    expect(channel.snapshot().waitingReceivers).toBe(MILLION);
    for (let n = 0; n < MILLION; n++) channel.trySend(n);
    await last;
    await settled();
    expect([served, wrong]).toEqual([MILLION, 0]);
    expect(channel.snapshot()).toMatchObject({
      waitingReceivers: 0,
      size: 0,
      received: MILLION,
      peakWeight: 0,
    });
    expect(used() - before).toBeLessThan(20);
  }, 90_000);

  test("a million senders are all let in, in order, and leave nothing behind", async () => {
    const before = used();
    const channel = new Channel<number>(16);
    let sent = 0;
    let wrong = 0;
    let last: Promise<unknown> = Promise.resolve();
    for (let n = 0; n < MILLION; n++) {
      last = channel.send(n).then(() => {
        if (sent++ !== n) wrong++;
      });
    }
    expect(channel.snapshot()).toMatchObject({ waitingSenders: MILLION - 16, size: 16 });
    for (let n = 0; n < MILLION; n++) if (channel.tryReceive()?.value !== n) wrong++;
    await last;
    await settled();
    expect([sent, wrong]).toEqual([MILLION, 0]);
    expect(channel.snapshot()).toMatchObject({ waitingSenders: 0, size: 0, weight: 0, peakWeight: 16 });
    expect(used() - before).toBeLessThan(20);
  }, 90_000);

  test("50,000 senders and 50,000 receivers on one signal leave together, and their items were not sent", async () => {
    const lost: number[] = [];
    const channel = new Channel<number>({ capacity: 1, onUndelivered: (n) => lost.push(n) });
    const empty = new Channel<number>(1);
    const stop = new AbortController();
    const { signal } = stop;
    const added = vi.spyOn(signal, "addEventListener");
    channel.trySend(-1);
    const sends = Array.from({ length: CROWD }, (_, n) => channel.send(n, { signal }));
    const receives = Array.from({ length: CROWD }, () => empty.receive({ signal }));
    expect(added.mock.calls.length).toBeLessThanOrEqual(2);
    stop.abort("all of you");
    expect([channel.snapshot().waitingSenders, empty.snapshot().waitingReceivers]).toEqual([0, 0]);
    const outcomes = await Promise.allSettled<unknown>([...sends, ...receives]);
    const right = outcomes.filter((one) => one.status === "rejected" && one.reason === "all of you");
    expect(right).toHaveLength(2 * CROWD);
    expect([channel.drain(), lost]).toEqual([[-1], []]);
    expect(empty.trySend(1)).toBe(true);
    expect(empty.tryReceive()).toEqual({ value: 1 });
  });

  test("50,000 who wait each on a signal of their own leave one by one, from anywhere in the line", async () => {
    const channel = new Channel<number>(1);
    channel.trySend(-1);
    const stops = Array.from({ length: CROWD }, () => new AbortController());
    const outcomes = Promise.allSettled(stops.map(({ signal }, n) => channel.send(n, { signal })));
    for (let n = CROWD - 1; n > 0; n -= 2) stops[n]?.abort(n);
    expect(channel.snapshot().waitingSenders).toBe(CROWD / 2);
    const items = channel.drain();
    expect(items).toHaveLength(CROWD / 2 + 1);
    expect(items.every((item, i) => item === (i === 0 ? -1 : (i - 1) * 2))).toBe(true);
    for (const [n, outcome] of (await outcomes).entries()) {
      if ((outcome.status === "rejected") !== (n % 2 === 1))
        throw new Error(`sender ${n}: ${outcome.status}`);
    }
  });

  test("50,000 who wait hear of the end", async () => {
    const refused = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
      outcomes.filter((one) => one.status === "rejected" && one.reason.code === "ERR_CLOSED").length;
    const channel = new Channel<number>(1);
    channel.trySend(-1);
    const sends = Promise.allSettled(Array.from({ length: CROWD }, (_, n) => channel.send(n)));
    channel.cancel("over");
    expect(refused(await sends)).toBe(CROWD);
    const ended = new Channel<number>(1);
    const receives = Promise.allSettled(Array.from({ length: CROWD }, () => ended.receive()));
    ended.close();
    expect(refused(await receives)).toBe(CROWD);
  });
});

describe("time-outs", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("thousands with different time-outs each end at their own time, and no item of theirs was sent", async () => {
    const channel = new Channel<number>(1);
    channel.trySend(-1);
    const start = performance.now();
    const waits = Array.from({ length: 4_000 }, (_, n) => {
      const timeout = ((n * 7) % 200) + 1;
      return channel.send(n, { timeout }).catch((error: { code: string }) => {
        expect(error).toMatchObject({ code: "ERR_WAIT_TIMEOUT", timeout });
        expect(Math.abs(performance.now() - start - timeout)).toBeLessThanOrEqual(1);
        return n;
      });
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(channel.snapshot().waitingSenders).toBe(2_000);
    await vi.advanceTimersByTimeAsync(100);
    expect(await Promise.all(waits)).toEqual(Array.from({ length: 4_000 }, (_, n) => n));
    expect([channel.drain(), vi.getTimerCount()]).toEqual([[-1], 0]);
  });

  test.each(["the item", "the time-out"] as const)(
    "in one turn of the clock with a send, %s counts if it comes first, and nothing is lost",
    async (first) => {
      const channel = new Channel<number>(1);
      const send = () => channel.trySend(7);
      if (first === "the item") setTimeout(send, 10); // real time: none, the clock is a fake
      const wait = channel.receive({ timeout: 10 }).catch(({ code }) => code);
      if (first === "the time-out") setTimeout(send, 10); // real time: none, the clock is a fake
      vi.advanceTimersByTime(10);
      const answers = [await wait, channel.tryReceive()];
      expect(answers).toEqual(first === "the item" ? [7, undefined] : ["ERR_WAIT_TIMEOUT", { value: 7 }]);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  test("a time-out of 0 takes what is there, and gives up in the next turn of the clock", async () => {
    const channel = new Channel<number>(1);
    await channel.send(1, { timeout: 0 });
    const send = channel.send(2, { timeout: 0 }).catch(({ code }) => code);
    const room = channel.whenRoom({ timeout: 0 }).catch(({ code }) => code);
    const seat = channel.reserve({ timeout: 0 }).catch(({ code }) => code);
    vi.advanceTimersByTime(1);
    expect(await Promise.all([send, room, seat])).toEqual(new Array(3).fill("ERR_WAIT_TIMEOUT"));
    expect(await channel.receive({ timeout: 0 })).toBe(1);
    const receive = channel.receive({ timeout: 0 }).catch(({ code }) => code);
    const many = channel.receiveMany(2, { timeout: 0 }).catch(({ code }) => code);
    vi.advanceTimersByTime(1);
    expect(await Promise.all([receive, many])).toEqual(new Array(2).fill("ERR_WAIT_TIMEOUT"));
    expect(channel.snapshot()).toMatchObject({ waitingSenders: 0, waitingReceivers: 0 });
  });
});
