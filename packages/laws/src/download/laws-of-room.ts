import fc from "fast-check";
import { law } from "./law.js";
import { type Asked, hasGivenAll } from "./onlooker.js";
import { mostOf, plans } from "./plan.js";
import { type Run, start } from "./run.js";
import type { World } from "./world.js";

/** Compares what came of each run, when all are over. */
function expectWhole(world: World, { bytes, consumer, failure }: Run): void {
  const failed = failure();
  if (failed) world.breach(`it fails with ${String(failed.error)}`);
  const came = consumer.came();
  if (came.length !== bytes.length || came.some((byte, i) => byte !== bytes[i]))
    world.breach("other bytes came");
}

export const D2 = law(
  {
    id: "D2",
    says: "Bytes held never exceed the window under any consumer.",
    hint: "when a range is paid for, and what still lies somewhere when its permit goes back",
    sins: [
      ...(["opensOneTooMany", "freesOnArrival", "freesAtTheFirstChunk", "freesWhenHandedOver"] as const),
      ...(["ignoresTheBudget", "paysAfterwards", "readsOnIntoTheStream"] as const),
    ],
  },
  fc
    .record({
      all: fc.array(
        fc.record({
          plan: plans(),
          /** After so many bytes, nobody asks for more. */
          stopsAfter: fc.option(fc.nat({ max: 40 }), { nil: undefined }),
        }),
        { minLength: 1, maxLength: 2 },
      ),
      spare: fc.nat({ max: 60 }),
    })
    .map((made) => ({ ...made, plan: made.all[0]!.plan })),
  async (world, { all, spare }) => {
    const capacity = Math.max(...all.map(({ plan }) => plan.rangeSize)) + spare;
    const budget = world.budget(capacity);
    const runs: Run[] = [];
    const given = all.map(() => 0);
    const keys = all.map((_, i) => `${world.source.key}/${i}`);
    const held = (i: number) => (runs[i]?.consumer.left ? 0 : given[i]! - (runs[i]?.consumer.taken ?? 0));
    world.look = ({ source }, bytes) => {
      const i = keys.indexOf(source.key);
      const { window, rangeSize, size } = all[i]!.plan;
      given[i]! += bytes;
      if (held(i) > window * rangeSize)
        world.breach(`${held(i)} bytes are held, in a window of ${window * rangeSize}`);
      const open = [...world.open].filter(
        (other) => other.source.key === source.key && !hasGivenAll(other, size),
      );
      if (open.length > window) world.breach(`${open.length} ranges are open`);
      const owned = all.reduce((sum, _, i) => sum + held(i), 0);
      // What was read in this very moment may have been given back already.
      if (bytes > 0 && owned > budget.held)
        world.breach(`${owned} bytes are held, ${budget.held} are paid for`);
    };
    for (const [i, { plan, stopsAfter }] of all.entries()) {
      const source = { ...world.source, key: keys[i]! };
      runs.push(await start(world, plan, { source, budget, stopsAfter }));
    }
    const atRest = () => runs.every((run) => run.over());
    const stopped = new Set<Run>();
    while (!(await world.drive(atRest, "to rest"))) {
      // Who stops for good may hold up the others for ever.
      const now = runs.filter(({ consumer }) => consumer.stopped);
      if (now.length === 0) return world.breach("it never ends");
      for (const run of now) {
        stopped.add(run);
        await run.consumer.cancel("enough");
      }
    }
    for (const run of runs) if (!stopped.has(run)) expectWhole(world, run);
    await world.idle();
    world.expectNothingLeft();
  },
);

/** The first range is slow: its answer, or a byte of it, comes only when nothing else can happen. */
export const D9 = law(
  {
    id: "D9",
    says: "A slow first range does not widen the window.",
    hint: "what counts towards the window while the lowest range has nothing to give",
    sins: ["ignoresTheSlow", "countsOpenRanges"],
  },
  fc.record({
    plan: plans({ from: 30 }),
    /** The range with this byte is slow. */
    slow: fc.nat({ max: 29 }),
    after: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
  }),
  async (world, { plan, slow, after }) => {
    let open = () => {};
    const until = new Promise<void>((resolve) => {
      open = resolve;
    });
    let run: Run | undefined;
    const isSlow = ({ start, options }: Asked) => start <= slow && slow <= (options.range?.end ?? 1_000);
    world.trouble = (asked) => {
      if (!isSlow(asked)) return undefined;
      if (after === undefined) return { does: "hang", until };
      return { does: "stall", after: Math.min(after, slow - asked.start), until };
    };
    world.look = ({ start, given }, bytes) => {
      // The window begins with the range that is being read, so not behind the next byte that is.
      const end = (run?.consumer.taken ?? 0) + plan.window * plan.rangeSize;
      if (start >= end) world.breach(`byte ${start} is asked for, in a window that ends before ${end}`);
      if (start + given + bytes > end) world.breach(`byte ${start + given + bytes - 1} has come too early`);
    };
    run = await start(world, plan);
    if (await world.drive(run.over, "to rest")) world.breach("it does not wait for the slow range");
    const { held } = run.budget;
    if (held > mostOf(plan)) world.breach(`${held} bytes of the budget are held`);
    open();
    if (!(await world.drive(run.over))) world.breach("it never ends");
    expectWhole(world, run);
  },
);
