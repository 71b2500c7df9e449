import { Channel, select, sending } from "@sluice/channel";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { schedules } from "./effort.js";

const RUNS = schedules(2_000);

describe("on any schedule of selects, sends and receives that are aborted, closed, failed and cancelled", () => {
  test("each select does one thing at most, nothing is lost, doubled or overtaken, and no place is left", async () => {
    await fc.assert(lawful(ours), RUNS);
  });

  test.each<[string, Choose]>([
    ["takes from two", byRacing],
    ["leaves its places behind after an abort", byForgetting],
    ["sends what it was told to give up", byTryingAgain],
    ["is overtaken while it waits", byAsking],
  ])("a select that %s is found out", async (_, choose) => {
    const { failed } = await fc.check(lawful(choose), { ...RUNS, endOnFailure: true });
    expect(failed).toBe(true);
  });
});

/** A send of the item or, without one, a receive. */
interface Case {
  readonly channel: Channel<number>;
  readonly item?: number | undefined;
}
/** Does one of the cases, and says which, and what it received, if it is not at its end. */
type Choose = (
  cases: readonly Case[],
  options: { signal: AbortSignal },
) => Promise<{ at: number; got: number | undefined }>;

const ours: Choose = async (cases, options) => {
  const named = cases.map(({ channel, item }, at) => [
    at,
    item === undefined ? channel : sending(channel, item),
  ]);
  const { key, value } = await select(
    Object.fromEntries(named) as Record<string, Channel<number> | ReturnType<typeof sending>>,
    options,
  );
  return { at: Number(key), got: value };
};

/** One case, alone. */
async function alone({ channel, item }: Case, at: number, signal: AbortSignal) {
  if (item !== undefined) return channel.send(item, { signal }).then(() => ({ at, got: undefined }));
  const step = await channel.receiveMany(1, { signal });
  return { at, got: step[0] };
}

async function byRacing(...[cases, { signal }]: Parameters<Choose>) {
  const loser = new AbortController();
  const any = AbortSignal.any([signal, loser.signal]);
  try {
    return await Promise.race(cases.map((one, at) => alone(one, at, any)));
  } finally {
    loser.abort("enough");
  }
}

const byForgetting: Choose = (cases, { signal }) =>
  new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    ours(cases, { signal: new AbortController().signal }).then(resolve, reject);
  });

/** Right, but for a send that is no longer wanted and is made nevertheless, if there is room. */
const byTryingAgain: Choose = (cases, options) =>
  ours(cases, options).catch((reason) => {
    for (const { channel, item } of cases) if (item !== undefined) channel.trySend(item);
    throw reason;
  });

/** Takes no place, and asks again and again. */
async function byAsking(...[cases, { signal }]: Parameters<Choose>) {
  for (let turn = 0; turn < 500; turn++) {
    signal.throwIfAborted();
    for (const [at, { channel, item }] of cases.entries()) {
      const got = item === undefined ? channel.tryReceive() : undefined;
      if (got || (item !== undefined && channel.trySend(item))) return { at, got: got?.value };
      if (channel.snapshot().phase !== "open") throw "failed";
    }
    await Promise.resolve();
  }
  throw "failed";
}

type Step =
  | { do: "send" | "receive"; on: number }
  | { do: "select"; on: number[]; sends: boolean[] }
  | { do: "close" | "fail" | "cancel"; on: number }
  | { do: "abort"; which: number }
  | { do: "turn" }
  | { do: "settle" };

const on = fc.nat({ max: 2 });
const does = <const Name extends string>(...names: Name[]) => fc.constantFrom(...names);
const STEPS = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: does("send", "receive"), on }) },
    {
      weight: 10,
      arbitrary: fc.record({
        do: does("select"),
        on: fc.array(on, { minLength: 1, maxLength: 4 }),
        // For each channel, because a select uses one in one direction only.
        sends: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: does("abort"), which: fc.nat({ max: 9 }) }) },
    { weight: 1, arbitrary: fc.record({ do: does("close", "fail", "cancel"), on }) },
    { weight: 3, arbitrary: fc.record({ do: does("turn", "settle") }) },
  ),
  { maxLength: 30 },
) as fc.Arbitrary<Step[]>;

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

function lawful(choose: Choose) {
  const capacities = fc.array(fc.nat({ max: 2 }), { minLength: 3, maxLength: 3 });
  return fc.asyncProperty(capacities, STEPS, async (sizes, steps) => {
    const world = new World(sizes, choose);
    for (const step of steps) {
      if (step.do === "turn") await Promise.resolve();
      else if (step.do === "settle") {
        await settled();
        world.checkThatNobodyWaitsInVain();
      } else world.play(step);
    }
    await world.end();
  });
}

/** Three channels, and an account of what went in and came out. Items are numbers in the order in which they are offered. */
class World {
  readonly #choose: Choose;
  readonly #channels: readonly Channel<number>[];
  readonly #accepted: number[] = [];
  readonly #undelivered: number[] = [];
  /** What came out of each channel, and which call got it. */
  readonly #received: { call: number; item: number }[][] = [[], [], []];
  readonly #parties: { stop: AbortController; over: Promise<void> }[] = [];
  readonly #origin = new Map<number, number>();
  #items = 0;

  constructor(sizes: readonly number[], choose: Choose) {
    this.#choose = choose;
    const onUndelivered = (item: number) => this.#undelivered.push(item);
    this.#channels = sizes.map((capacity) => new Channel({ capacity, onUndelivered }));
  }

  play(step: Exclude<Step, { do: "turn" | "settle" }>): void {
    if (step.do === "abort") {
      const { length } = this.#parties;
      if (length > 0) this.#parties[step.which % length]!.stop.abort("enough");
    } else if (step.do === "select") {
      const cases = step.on.map((at) => this.#case(at, step.sends[at]!));
      this.#enter((signal) => this.#choose(cases, { signal }), cases);
    } else if (step.do === "send" || step.do === "receive") {
      const one = this.#case(step.on, step.do === "send");
      this.#enter((signal) => alone(one, 0, signal), [one]);
    } else this.#channels[step.on]![step.do]("failed");
  }

  #case(at: number, sends: boolean): Case {
    const channel = this.#channels[at]!;
    if (!sends) return { channel };
    const item = this.#items++;
    this.#origin.set(item, at);
    return { channel, item };
  }

  #enter(act: (signal: AbortSignal) => ReturnType<Choose>, cases: readonly Case[]): void {
    const call = this.#parties.length;
    // Up to three share a signal.
    const last = this.#parties.at(-1)?.stop;
    const stop = last && call % 3 > 0 && !last.signal.aborted ? last : new AbortController();
    const over = act(stop.signal).then(
      ({ at, got }) => {
        const { channel, item } = cases[at]!;
        if (item !== undefined) this.#accepted.push(item);
        else if (got !== undefined)
          this.#received[this.#channels.indexOf(channel)]!.push({ call, item: got });
        else expect(channel.snapshot().phase).toMatch(/closed|cancelled/);
      },
      (reason) => {
        if (reason === "enough" && stop.signal.aborted) return;
        if (reason !== "failed") expect(reason).toMatchObject({ code: "ERR_CLOSED" });
      },
    );
    this.#parties.push({ stop, over });
  }

  checkThatNobodyWaitsInVain(): void {
    for (const channel of this.#channels) {
      const { waitingSenders, waitingReceivers, size, capacity, phase } = channel.snapshot();
      expect(waitingReceivers > 0 && size + waitingSenders > 0).toBe(false);
      expect(waitingSenders > 0 && (size < capacity || phase !== "open")).toBe(false);
    }
  }

  async end(): Promise<void> {
    await settled();
    this.checkThatNobodyWaitsInVain();
    for (const { stop } of this.#parties) stop.abort("enough");
    await Promise.all(this.#parties.map(({ over }) => over));
    this.#channels.forEach((channel, at) => {
      expect(channel.snapshot()).toMatchObject({ waitingSenders: 0, waitingReceivers: 0 });
      for (const item of channel.drain()) this.#received[at]!.push({ call: this.#parties.length, item });
    });
    this.#checkTheAccounts();
  }

  #checkTheAccounts(): void {
    const received = this.#received.flat().map(({ item }) => item);
    const ascending = (items: readonly number[]) => [...items].sort((a, b) => a - b);
    expect(ascending([...received, ...this.#undelivered])).toEqual(ascending(this.#accepted));
    this.#received.forEach((came, at) => {
      // Who called first got what was offered first, by whatever way both waited.
      const items = [...came].sort((a, b) => a.call - b.call).map(({ item }) => item);
      expect(items).toEqual(ascending(items));
      expect(items.filter((item) => this.#origin.get(item) !== at)).toEqual([]);
    });
  }
}
