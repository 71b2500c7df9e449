import { Channel, type ChannelOptions, merge, select, sending } from "@sluice/channel";
import { Semaphore, type WaitOptions } from "@sluice/semaphore";
import { afterEach, describe, expect, expectTypeOf, test, vi } from "vitest";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Cases are tried from the first one on. */
const fromTheFirst = () => vi.spyOn(Math, "random").mockReturnValue(0);

function filled<T>(...items: readonly T[]): Channel<T> {
  const channel = new Channel<T>(items.length);
  for (const item of items) channel.trySend(item);
  return channel;
}

type Watched = Pick<Channel<never>, "snapshot">;

/** How many stand in the two lines of each channel. */
const waiting = (...channels: readonly Watched[]) =>
  channels.map((channel) => {
    const { waitingSenders, waitingReceivers } = channel.snapshot();
    return waitingSenders + waitingReceivers;
  });

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

describe("a select does what it can do at once", () => {
  test("it receives what is there, and says from where", async () => {
    const [jobs, ticks] = [new Channel<string>(1), filled(7, 8)];
    expect(await select({ job: jobs, tick: ticks.receiver })).toEqual({ key: "tick", done: false, value: 7 });
    expect(ticks.drain()).toEqual([8]);
    expect(waiting(jobs, ticks)).toEqual([0, 0]);
  });

  test("it sends where there is room, through a channel or its half", async () => {
    const [jobs, results] = [new Channel<string>(1), new Channel<number>(2)];
    const sent = { key: "out", done: false, value: undefined };
    expect(await select({ job: jobs, out: sending(results, 1) })).toEqual(sent);
    expect(await select({ job: jobs, out: sending(results.sender, 2) })).toEqual(sent);
    expect(results.drain()).toEqual([1, 2]);
    expect(waiting(jobs, results)).toEqual([0, 0]);
  });

  test("it meets who waits already, at a rendezvous too", async () => {
    const [one, two] = [new Channel<string>(0), new Channel<string>(0)];
    const sent = one.send("from one");
    expect(await select({ one, two })).toEqual({ key: "one", done: false, value: "from one" });
    await sent;
    const received = two.receive();
    expect(await select({ one, two: sending(two, "to two") })).toMatchObject({ key: "two" });
    expect(await received).toBe("to two");
  });

  test("only one happens, however many could", async () => {
    const [one, two, out] = [filled(1), filled(2), new Channel<number>(1)];
    const { key } = await select({ one, two, out: sending(out, 3) });
    const done = { one: one.snapshot().received, two: two.snapshot().received, out: out.snapshot().sent };
    expect(done).toEqual({ one: 0, two: 0, out: 0, [key]: 1 });
  });
});

describe("a select that has to wait", () => {
  test("takes one place for each case, and gives up all of them when one happens", async () => {
    const [one, two, full] = [new Channel<number>(1), new Channel<number>(0), filled(0)];
    const first = select({ one, two, out: sending(full, 9) });
    expect(waiting(one, two, full)).toEqual([1, 1, 1]);
    one.trySend(1);
    expect(waiting(one, two, full)).toEqual([0, 0, 0]);
    expect(await first).toEqual({ key: "one", done: false, value: 1 });
    expect(two.trySend(2)).toBe(false);
    expect(full.drain()).toEqual([0]);
  });

  test("sends as soon as there is room, and receives nothing then", async () => {
    const [inbox, full] = [new Channel<number>(1), filled(0)];
    const first = select({ inbox, out: sending(full, 9) });
    expect(full.tryReceive()).toEqual({ value: 0 });
    inbox.trySend(1);
    expect(await first).toEqual({ key: "out", done: false, value: undefined });
    expect([full.drain(), inbox.drain()]).toEqual([[9], [1]]);
  });

  test("stands behind who came before, and before who comes later", async () => {
    const channel = new Channel<number>(0);
    const got: unknown[] = [];
    void channel.receive().then((item) => got.push(["before", item]));
    void select({ channel }).then(({ value }) => got.push(["select", value]));
    void channel.receive().then((item) => got.push(["later", item]));
    for (const item of [1, 2, 3]) channel.trySend(item);
    await turns();
    expect(got).toEqual([
      ["before", 1],
      ["select", 2],
      ["later", 3],
    ]);
    const sends = [channel.send(4), select({ out: sending(channel, 5) }), channel.send(6)];
    expect(channel.drain()).toEqual([4, 5, 6]);
    await Promise.all(sends);
  });

  test("lets whoever stood behind it in, when it has sent elsewhere", async () => {
    const [other, full] = [
      new Channel<number>(1),
      new Channel<number>({ capacity: 3, weigh: (weight) => weight }),
    ];
    full.trySend(2);
    const first = select({ other, heavy: sending(full, 3) });
    const behind = full.send(1);
    expect(full.snapshot()).toMatchObject({ weight: 2, waitingSenders: 2 });
    other.trySend(7);
    await behind;
    expect(await first).toMatchObject({ key: "other", value: 7 });
    expect(full.drain()).toEqual([2, 1]);
  });

  test("may offer several items to one channel, of which it takes one", async () => {
    const channel = new Channel<string>(0);
    const first = select({ a: sending(channel, "a"), b: sending(channel, "b") });
    expect(channel.snapshot().waitingSenders).toBe(2);
    const { value } = channel.tryReceive()!;
    expect(await first).toMatchObject({ key: value });
    expect([channel.tryReceive(), channel.snapshot().waitingSenders]).toEqual([undefined, 0]);
  });

  test("may wait twice for one channel, and takes one item", async () => {
    const channel = new Channel<string>(1);
    const first = select({ a: channel, b: channel.receiver });
    channel.trySend("x");
    channel.trySend("y");
    expect(await first).toMatchObject({ value: "x" });
    expect([channel.drain(), channel.snapshot().waitingReceivers]).toEqual([["y"], 0]);
  });

  test("gives up its place in the line of a budget with its place in the channel", async () => {
    const budget = new Semaphore(1);
    const held = await budget.acquire();
    const [other, out] = [new Channel<number>(1), new Channel<number>({ capacity: 1, budget })];
    const first = select({ other, out: sending(out, 9) });
    expect(budget.snapshot().waiting).toBe(1);
    other.trySend(1);
    expect(await first).toMatchObject({ key: "other" });
    await turns();
    expect(budget.snapshot()).toMatchObject({ waiting: 0, held: 1 });
    held.release();
    expect([budget.snapshot().held, out.drain()]).toEqual([0, []]);
    const again = await budget.acquire();
    const second = select({ other, out: sending(out, 9) });
    again.release();
    expect(await second).toMatchObject({ key: "out" });
    expect([budget.snapshot().held, out.drain()]).toEqual([1, [9]]);
  });
});

describe("two selects", () => {
  test("hand an item over at a rendezvous", async () => {
    const [meet, aside] = [new Channel<string>(0), new Channel<string>(0)];
    const giving = select({ give: sending(meet, "x"), aside });
    const taking = select({ aside, take: meet });
    expect((await giving).key).toBe("give");
    expect(await taking).toEqual({ key: "take", done: false, value: "x" });
    expect(waiting(meet, aside)).toEqual([0, 0]);
  });

  test.each([0, 0.99])("that offer each other both directions exchange one item (%d)", async (random) => {
    vi.spyOn(Math, "random").mockReturnValue(random);
    const [there, back] = [new Channel<string>(0), new Channel<string>(0)];
    const ours = select({ give: sending(there, "there"), take: back });
    const theirs = select({ take: there, give: sending(back, "back") });
    expect(new Set([(await ours).key, (await theirs).key])).toEqual(new Set(["give", "take"]));
    expect(there.snapshot().received + back.snapshot().received).toBe(1);
    expect(waiting(there, back)).toEqual([0, 0]);
  });
});

describe("a case comes out as it would alone:", () => {
  test("a receiver at its end is done, now or later", async () => {
    const [ended, open] = [filled(1), new Channel<number>(0)];
    ended.close();
    const end = { key: "ended", done: true, value: undefined };
    expect(await select({ ended, open })).toEqual({ key: "ended", done: false, value: 1 });
    expect(await select({ ended, open })).toEqual(end);
    const later = new Channel<number>(1);
    const first = select({ open, ended: later });
    later.close();
    expect(await first).toEqual(end);
    expect(waiting(open, later)).toEqual([0, 0]);
  });

  test.each(["now", "later"])("a failed receiver fails the select with the very error, %s", async (when) => {
    const [failing, open] = [new Channel<number>(1), new Channel<number>(0)];
    const why = { mine: true };
    if (when === "now") failing.fail(why);
    const first = select({ open, failing });
    failing.fail(why);
    await expect(first).rejects.toBe(why);
    expect(waiting(open, failing)).toEqual([0, 0]);
  });

  test.each(["now", "later"])("a closed sender refuses, %s, and nothing was sent", async (when) => {
    const [closing, open] = [new Channel<number>({ capacity: 0, name: "results" }), new Channel<number>(0)];
    if (when === "now") closing.cancel("why");
    const first = select({ open, out: sending(closing, 1) });
    closing.cancel("why");
    const refusal = { code: "ERR_CLOSED", cause: "why", message: "results: closed" };
    await expect(first).rejects.toMatchObject(refusal);
    expect([waiting(open, closing), closing.snapshot().sent]).toEqual([[0, 0], 0]);
  });

  test("a channel that refuses what does not fit is waited for", async () => {
    const channel = new Channel<number>({ capacity: 1, whenFull: "reject" });
    channel.trySend(1);
    const first = select({ out: sending(channel, 2) });
    expect(channel.trySend(3)).toBe(false);
    expect(channel.drain()).toEqual([1, 2]);
    expect((await first).key).toBe("out");
    expect(channel.snapshot()).toMatchObject({ rejected: 1, waitingSenders: 0, received: 2 });
  });

  test.each([
    ["drop-oldest", [1], [2]],
    ["drop-newest", [1], [2]],
    ["drop-incoming", [2], [1]],
  ] as const)("a channel that drops takes the item at once (%s)", async (whenFull, lost, kept) => {
    const dropped: number[] = [];
    const onUndelivered = (item: number) => dropped.push(item);
    const channel = new Channel<number>({ capacity: 1, whenFull, onUndelivered });
    channel.trySend(1);
    const open = new Channel<number>(1);
    expect((await select({ open, out: sending(channel, 2) })).key).toBe("out");
    expect([dropped, channel.drain()]).toEqual([lost, kept]);
  });

  test("what a budget says to the item is the answer", async () => {
    const budget = new Semaphore(1);
    await budget.acquire();
    const [open, out] = [new Channel<number>(1), new Channel<number>({ capacity: 1, budget })];
    const first = select({ open, out: sending(out, 1) });
    budget.close();
    await expect(first).rejects.toMatchObject({ code: "ERR_CLOSED" });
    expect(waiting(open, out)).toEqual([0, 0]);
  });

  test("an item that is a promise is passed on as it is", async () => {
    const [channel, other] = [new Channel<Promise<number>>(1), new Channel<number>(0)];
    const item = Promise.resolve(1);
    const waited = select({ channel, other });
    channel.trySend(item);
    expect((await waited).value).toBe(item);
    channel.trySend(item);
    expect((await select({ channel, other })).value).toBe(item);
  });
});

describe("what is refused at the door changes nothing:", () => {
  /** A channel without an item or room, and one with an item: whatever was let through would show. */
  async function refused(
    cases: Record<string, unknown>,
    refusal: object,
    options?: WaitOptions,
    watched: readonly Watched[] = [],
  ) {
    const ready = filled(1);
    const all: readonly Watched[] = [ready, ...watched];
    const before = all.map((channel) => channel.snapshot());
    await expect(select({ ready, ...cases } as never, options)).rejects.toMatchObject(refusal);
    await turns();
    expect(all.map((channel) => channel.snapshot())).toEqual(before);
  }

  test.each<[string, (channel: Channel<number>) => unknown]>([
    ["nothing", () => undefined],
    ["a text", () => "jobs"],
    ["what a merge gives", (channel) => merge(channel)],
    ["a receiver made by hand", (channel) => ({ ...channel.receiver })],
    ["the half that sends", (channel) => channel.sender],
    ["sending through the half that receives", ({ receiver }) => sending(receiver as never, 1)],
    ["sending through something made by hand", ({ sender }) => sending({ ...sender }, 1)],
    ["sending through nothing", () => sending(undefined as never, 1)],
  ])("a case that is %s", async (_, make) => {
    const channel = new Channel<number>(1);
    const refusal = {
      code: "ERR_INVALID_VALUE",
      what: expect.stringContaining("case odd"),
      expected: expect.stringMatching(
        /^a channel(, its receiver, or sending\(sender, item\)| or its sender)$/,
      ),
    };
    await refused({ odd: make(channel) }, refusal, undefined, [channel]);
  });

  test("one channel in both directions", async () => {
    const channel = new Channel<number>(1);
    const expected = "on a channel that no case sends to";
    const refusal = { code: "ERR_INVALID_VALUE", what: "case take", expected };
    const cases = { give: sending(channel.sender, 1), take: channel.receiver };
    await refused(cases, refusal, undefined, [channel]);
  });

  test.each([undefined, null, {}, [], 5, "text", () => 1])("%s in place of the cases", async (cases) => {
    const expected = "a record of at least one case";
    const refusal = { code: "ERR_INVALID_VALUE", what: "cases", value: cases, expected };
    await expect(select(cases as never)).rejects.toMatchObject(refusal);
  });

  test("options that make no sense, and a signal that has aborted", async () => {
    await refused({}, { code: "ERR_INVALID_VALUE", what: "timeout" }, { timeout: -1 });
    await refused({}, { code: "ERR_INVALID_VALUE", what: "options" }, null as unknown as WaitOptions);
    await refused({}, { mine: true }, { signal: AbortSignal.abort({ mine: true }) });
  });

  test("an item that is too heavy, and a weigher that throws", async () => {
    const why = { mine: true };
    const weigh = (weight: number) => {
      if (weight === 0) throw why;
      return weight;
    };
    const channel = new Channel<number>({ capacity: 3, weigh });
    await refused({ heavy: sending(channel, 4) }, { code: "ERR_TOO_HEAVY", weight: 4 }, undefined, [channel]);
    await refused({ odd: sending(channel, 0) }, why, undefined, [channel]);
  });

  test("one more than may wait, and no place is left in the other lines", async () => {
    fromTheFirst();
    const [open, full] = [new Channel<number>(0), new Channel<number>({ capacity: 1, maxWaiting: 1 })];
    full.trySend(0);
    const kept = full.send(1);
    const first = select({ open, out: sending(full, 2) });
    await expect(first).rejects.toMatchObject({ code: "ERR_OVERLOADED", waiting: 1 });
    expect(waiting(open, full)).toEqual([0, 1]);
    expect(full.drain()).toEqual([0, 1]);
    await kept;
  });

  test("but whoever waits to receive is none of those who may wait to send", async () => {
    const channel = new Channel<number>({ capacity: 1, maxWaiting: 0 });
    const first = select({ channel });
    channel.trySend(1);
    expect(await first).toMatchObject({ key: "channel", value: 1 });
  });

  test("each item is weighed once, whether it waits or not", async () => {
    const weigh = vi.fn((weight: number) => weight);
    const channel = new Channel<number>({ capacity: 3, weigh });
    await select({ two: sending(channel, 2) });
    const waits = select({ two: sending(channel, 2), three: sending(channel, 3) });
    channel.drain();
    await waits;
    channel.drain();
    expect(weigh.mock.calls).toEqual([[2], [2], [3]]);
  });
});

describe("a select that is given up leaves no trace:", () => {
  function started(options: WaitOptions) {
    const [inbox, full] = [new Channel<number>(0), filled(0)];
    const first = select({ inbox, out: sending(full, 9) }, options);
    return { inbox, full, first, behind: full.send(2) };
  }

  async function untouched({ inbox, full, behind }: ReturnType<typeof started>) {
    expect(waiting(inbox, full)).toEqual([0, 1]);
    expect(inbox.trySend(1)).toBe(false);
    expect(full.drain()).toEqual([0, 2]);
    await behind;
  }

  test("an abort rejects with the signal's reason", async () => {
    const stop = new AbortController();
    const add = vi.spyOn(stop.signal, "addEventListener");
    const remove = vi.spyOn(stop.signal, "removeEventListener");
    const reason = { mine: true };
    const all = started({ signal: stop.signal });
    stop.abort(reason);
    await expect(all.first).rejects.toBe(reason);
    await untouched(all);
    expect(add.mock.calls).toEqual(remove.mock.calls);
    expect(add).toHaveBeenCalledTimes(1);
  });

  test("a time-out rejects with WaitTimeoutError", async () => {
    vi.useFakeTimers();
    const all = started({ timeout: 50 });
    const late = expect(all.first).rejects.toMatchObject({ code: "ERR_WAIT_TIMEOUT", timeout: 50 });
    vi.advanceTimersByTime(50);
    await late;
    await untouched(all);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("one that has happened is deaf to both, and neither listens nor counts any more", async () => {
    vi.useFakeTimers();
    const stop = new AbortController();
    const remove = vi.spyOn(stop.signal, "removeEventListener");
    const all = started({ signal: stop.signal, timeout: 50 });
    all.inbox.trySend(1);
    expect([remove.mock.calls.length, vi.getTimerCount()]).toEqual([1, 0]);
    stop.abort("too late");
    expect(await all.first).toEqual({ key: "inbox", done: false, value: 1 });
    await untouched(all);
  });

  test("any number of them share one listener and one timer, and leave together", async () => {
    vi.useFakeTimers();
    const stop = new AbortController();
    const add = vi.spyOn(stop.signal, "addEventListener");
    const remove = vi.spyOn(stop.signal, "removeEventListener");
    const [inbox, full] = [new Channel<number>(0), filled(0)];
    fromTheFirst();
    const all = Array.from({ length: 100 }, () =>
      select({ inbox, out: sending(full, 9) }, { signal: stop.signal, timeout: 50 }),
    );
    expect([waiting(inbox, full), add.mock.calls.length, vi.getTimerCount()]).toEqual([[100, 100], 1, 1]);
    inbox.trySend(1);
    full.tryReceive();
    expect(waiting(inbox, full)).toEqual([98, 98]);
    stop.abort("enough");
    expect([waiting(inbox, full), remove.mock.calls.length, vi.getTimerCount()]).toEqual([[0, 0], 1, 0]);
    const outcomes = await Promise.allSettled(all);
    const [first, second, ...rest] = outcomes;
    expect(first).toMatchObject({ value: { key: "inbox", value: 1 } });
    expect(second).toMatchObject({ value: { key: "out" } });
    expect(rest).toEqual(rest.map(() => ({ status: "rejected", reason: "enough" })));
    expect(full.drain()).toEqual([9]);
  });

  test("whoever stood behind in another line is let in as well", async () => {
    fromTheFirst();
    const stop = new AbortController();
    const inbox = new Channel<number>(0);
    const full = new Channel<number>({ capacity: 3, weigh: (weight) => weight });
    full.trySend(2);
    const first = select({ inbox, heavy: sending(full, 2) }, { signal: stop.signal });
    const behind = full.send(1);
    stop.abort("enough");
    await behind;
    await expect(first).rejects.toBe("enough");
    expect(full.drain()).toEqual([2, 1]);
  });

  test("whoever stood behind is let in at once", async () => {
    const stop = new AbortController();
    const full = new Channel<number>({ capacity: 3, weigh: (weight) => weight });
    full.trySend(2);
    const first = select({ heavy: sending(full, 2) }, { signal: stop.signal });
    const behind = full.send(1);
    stop.abort("enough");
    expect(full.snapshot()).toMatchObject({ weight: 3, waitingSenders: 0 });
    await behind;
    await expect(first).rejects.toBe("enough");
  });
});

describe("of what can be done at once it takes one at random,", () => {
  test("so that none starves", async () => {
    const [one, two] = [new Channel<number>(1_000), new Channel<number>(1_000)];
    for (let n = 0; n < 1_000; n++) [one, two].map((channel) => channel.trySend(n));
    for (let n = 0; n < 1_000; n++) await select({ one, two });
    for (const { received } of [one.snapshot(), two.snapshot()]) expect(received).toBeGreaterThan(300);
  });

  test.each([
    [0, "one"],
    [0.34, "two"],
    [0.99, "out"],
  ])("where Math.random says so: %d means %s", async (random, key) => {
    vi.spyOn(Math, "random").mockReturnValue(random);
    const [one, two, out] = [filled(1), filled(2), new Channel<number>(1)];
    expect((await select({ one, two, out: sending(out, 3) })).key).toBe(key);
  });

  test("and goes on from there to the next that can be done", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const [one, two, three] = [filled(1), new Channel<number>(1), new Channel<number>(1)];
    expect((await select({ one, two, three })).key).toBe("one");
  });
});

describe("a budget that calls right back", () => {
  /** A channel that sends only when `call` has been made, within the question for room. */
  function calling(call: () => void) {
    const budget = {
      capacity: 1,
      tryAcquire: () => void call(),
      acquire: () => new Promise<never>(() => {}),
    };
    return new Channel<number>({ capacity: 1, budget } as ChannelOptions<number>);
  }

  test("and sends to a case that was tried before: the item is received, and no place is left", async () => {
    fromTheFirst();
    const inbox = new Channel<number>(1);
    const out = calling(() => inbox.trySend(7));
    expect(await select({ inbox, out: sending(out, 1) })).toEqual({ key: "inbox", done: false, value: 7 });
    await turns();
    expect([waiting(inbox, out), inbox.snapshot().received]).toEqual([[0, 0], 1]);
  });

  test("and closes a case that was tried before: its send is refused, and no place is left", async () => {
    fromTheFirst();
    const full = filled(0);
    const out = calling(() => full.close());
    const first = select({ full: sending(full, 1), out: sending(out, 1) });
    await expect(first).rejects.toMatchObject({ code: "ERR_CLOSED" });
    await turns();
    expect(waiting(full, out)).toEqual([0, 0]);
  });

  test("and sends to a case that has no place yet, or ends it: that case happens", async () => {
    fromTheFirst();
    for (const [call, outcome] of [
      [(inbox: Channel<number>) => inbox.trySend(7), { key: "inbox", done: false, value: 7 }],
      [(inbox: Channel<number>) => inbox.close(), { key: "inbox", done: true, value: undefined }],
    ] as const) {
      let asked = 0;
      const inbox = new Channel<number>(1);
      const out = calling(() => ++asked === 2 && call(inbox));
      expect(await select({ out: sending(out, 1), inbox })).toEqual(outcome);
      await turns();
      expect(waiting(inbox, out)).toEqual([0, 0]);
    }
  });

  test("while the select takes its third place: each of the others is given up once", async () => {
    fromTheFirst();
    const [inbox, between] = [new Channel<number>(1), new Channel<number>(1)];
    let asked = 0;
    const out = calling(() => ++asked === 2 && inbox.trySend(7));
    const first = select({ between, inbox, out: sending(out, 1) });
    expect(await first).toMatchObject({ key: "inbox", value: 7 });
    const behind = between.receive();
    await turns();
    expect(waiting(inbox, between, out)).toEqual([0, 1, 0]);
    between.trySend(8);
    expect(await behind).toBe(8);
  });

  test.each(["send", "abort"])("while the select takes its places, to %s: no place is left", async (what) => {
    fromTheFirst();
    const stop = new AbortController();
    const [inbox, later] = [new Channel<number>(1), new Channel<number>(1)];
    let asked = 0;
    const out = calling(() => {
      if (++asked !== 2) return;
      later.trySend(8);
      if (what === "send") inbox.trySend(7);
      else stop.abort("enough");
    });
    const first = select({ inbox, out: sending(out, 1), later }, { signal: stop.signal });
    if (what === "send") expect(await first).toMatchObject({ key: "inbox", value: 7 });
    else await expect(first).rejects.toBe("enough");
    await turns();
    expect([waiting(inbox, out, later), later.drain()]).toEqual([[0, 0, 0], [8]]);
  });

  test("and has room when it is asked again: the item is sent, and no place is left", async () => {
    fromTheFirst();
    let asked = 0;
    const budget = {
      capacity: 1,
      tryAcquire: () => (++asked === 2 ? { release: () => undefined } : undefined),
      acquire: () => expect.unreachable(),
    };
    const [inbox, out] = [new Channel<number>(1), new Channel<number>({ capacity: 1, budget })];
    expect((await select({ inbox, out: sending(out, 1) })).key).toBe("out");
    expect([waiting(inbox, out), out.drain()]).toEqual([[0, 0], [1]]);
    expect(inbox.trySend(2)).toBe(true);
  });

  test("when it is no longer asked, to receive: it does not overtake who is receiving", async () => {
    const got: unknown[] = [];
    const meet = new Channel<number>(0);
    const budget = {
      capacity: 1,
      tryAcquire: () => undefined,
      acquire: (_: number, { signal }: WaitOptions = {}) => {
        signal?.addEventListener("abort", () => got.push(meet.tryReceive()));
        return new Promise<never>(() => {});
      },
    };
    const out = new Channel<number>({ capacity: 1, budget });
    const first = select({ meet: sending(meet, 1), out: sending(out, 9) });
    const behind = meet.send(2);
    got.push(meet.tryReceive());
    expect((await first).key).toBe("meet");
    await behind;
    expect(got).toEqual([{ value: 1 }, { value: 2 }]);
  });
});

test("what a select gives is told apart by its key, and by whether it is done", () => {
  const use = async (jobs: Channel<string>, ticks: Channel<number>, results: Channel<boolean>) => {
    const first = await select({ job: jobs, tick: ticks.receiver, out: sending(results, true) });
    if (first.key === "job") {
      expectTypeOf(first.value).toEqualTypeOf<string | undefined>();
      if (!first.done) expectTypeOf(first.value).toEqualTypeOf<string>();
    } else if (first.key === "tick") {
      if (!first.done) expectTypeOf(first.value).toEqualTypeOf<number>();
    } else {
      expectTypeOf(first).toEqualTypeOf<{
        readonly key: "out";
        readonly done: false;
        readonly value: undefined;
      }>();
    }
    // @ts-expect-error what is sent must be what the channel takes
    sending(results, 1);
    // @ts-expect-error the half that sends is no receiver
    await select({ job: jobs.sender });
    // @ts-expect-error only `sending` makes a send
    await select({ job: { sender: jobs, item: "x" } });
  };
  expect(use).toBeTypeOf("function");
});
