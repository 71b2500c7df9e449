import fc from "fast-check";
import { hold } from "../hold.js";
import { join, type LawRun, type Waivers } from "../join.js";
import type { Effort, Law } from "../law.js";
import { Breach } from "../verdicts.js";
import { Outcome } from "./outcome.js";
import { play, start } from "./play.js";
import type { Sins } from "./reference.js";
import { sinner } from "./sinners.js";
import type { MakeReadSlots, ReadSlotsLike } from "./subject.js";
import { type Plan, plans, World } from "./world.js";

/** Where a law is judged: by one method, on one kind of source; by all and on all, if left out. */
export type Where = Partial<Pick<Plan, "kind" | "method">>;

export interface ReadSlotLaw extends Law<MakeReadSlots> {
  readonly sins: readonly (keyof Sins)[];
  /** The same check, there alone. */
  readonly checkAt: (where: Where) => Law<MakeReadSlots>["check"];
}

function law(
  id: `S${number}`,
  says: string,
  hint: string,
  sins: readonly (keyof Sins)[],
  plan: fc.Arbitrary<Plan>,
  story: (subject: ReadSlotsLike, scheduler: fc.Scheduler, plan: Plan, make: MakeReadSlots) => Promise<void>,
): ReadSlotLaw {
  const checkAt = (where: Where) => (make: MakeReadSlots, effort: Effort) => {
    const there = plan.map((anywhere) => ({ ...anywhere, ...where }));
    return hold(
      fc.asyncProperty(fc.scheduler(), there, (s, p) => story(make(p.slots), s, p, make)),
      effort,
    );
  };
  return { id, kind: "must", says, hint, sins, sinners: sins.map(sinner), check: checkAt({}), checkAt };
}

const tooManyReads =
  ({ slots }: Plan) =>
  (world: World) => {
    if (world.unsettled.size > slots) world.breach(`${world.unsettled.size} reads are unsettled`);
  };

/** A source that has neither ended nor failed was told to stop, once. */
function mustBeLeft({ left, asked, story }: World, { items }: Plan): void {
  if (left === 1 || asked > items) return;
  throw new Breach(`the source was told to stop ${left} times`, story);
}

export const READ_SLOT_LAWS: readonly ReadSlotLaw[] = [
  law(
    "S1",
    "Reads asked for and not yet settled never exceed the slots.",
    "what is taken before `next()` is called",
    ["readsOneAhead", "freesAtOnce"],
    plans({ fails: true }),
    async (subject, scheduler, plan) => {
      const world = new World(scheduler, plan, tooManyReads(plan));
      await play(subject, world, plan, scheduler);
      world.judge();
    },
  ),
  law(
    "S2",
    "The slot is taken before the read, and freed when the work settles, fails or is refused.",
    "every way in which a read or its work can end",
    [
      ...(["slotAfterRead", "leaksOnFailedWork", "leaksOnFailedRead", "leaksAtTheEnd"] as const),
      ...(["leaksWhenLeft", "keepsWhatIsLeft"] as const),
    ],
    plans({ fails: true, leaves: true, items: 3 }),
    async (subject, scheduler, plan) => {
      // Shared slots: what one reading has taken is not there for the other.
      const worlds: World[] = [0, 1].map(
        () =>
          new World(scheduler, plan, (world) => {
            const unsettled = worlds.reduce((sum, other) => sum + other.unsettled.size, 0);
            if (unsettled > plan.slots) world.breach(`${unsettled} reads are unsettled`);
          }),
      );
      const outcomes = worlds.map((world) => start(subject, world, plan, scheduler));
      await worlds[0]?.drive(() => outcomes.every(({ settled }) => settled()));
      for (const world of worlds) world.judge();
      // What has leaked is missing now: all slots at once must be there for the works of one more reading.
      const meeting = new World(scheduler, {
        ...plan,
        items: plan.slots,
        failingRead: undefined,
        failingWork: [],
      });
      let come = 0;
      let allThere = () => {};
      const all = new Promise<void>((resolve) => {
        allThere = resolve;
      });
      const outcome = new Outcome(
        subject.forEach(meeting.source, async (item) => {
          if (++come === plan.slots) allThere();
          await all;
          await meeting.task(item);
        }),
      );
      if (!(await meeting.drive(outcome.settled))) {
        throw new Breach(`${come} of ${plan.slots} works can run at once after the others`, meeting.story);
      }
    },
  ),
  law(
    "S3",
    "The reader occupies no slot of the pool it feeds: one slot is enough to finish.",
    "who holds a slot while the work needs one",
    ["readerHoldsASlot"],
    plans().map((plan) => ({ ...plan, slots: 1 })),
    async (subject, scheduler, plan) => {
      const worlds = [0, 1].map(() => new World(scheduler, plan));
      const outcomes = worlds.map((world) => start(subject, world, plan, scheduler));
      await worlds[0]?.drive(() => outcomes.every(({ settled }) => settled()));
      worlds.forEach(({ finished, story }, n) => {
        if (!outcomes[n]?.settled()) throw new Breach("it never ends", story);
        if (finished !== plan.items) throw new Breach(`${finished} items were worked on`, story);
      });
    },
  ),
  law(
    "S4",
    "Ordered output keeps source order, and the window advances only with the lowest outstanding item.",
    "when the slot of a result that nobody has taken is freed",
    ["reorders", "unboundedReorderBuffer"],
    plans({ methods: ["map", "map unordered"] }),
    async (subject, scheduler, plan) => {
      let taken = 0;
      const world = new World(scheduler, plan, ({ asked }) => {
        if (asked > taken + plan.slots) {
          world.breach(`read ${asked - 1} was asked for, but only ${taken} were taken`);
        }
      });
      const outcome = start(subject, world, plan, scheduler, {
        onTaken(item) {
          if (plan.method === "map" && item !== taken) world.breach(`got ${item} in the place of ${taken}`);
          taken++;
        },
      });
      if (!(await world.drive(outcome.settled))) world.breach("it never ends");
      if (outcome.state === "rejected") world.breach(`it fails with ${String(outcome.reason)}`);
      if (taken !== plan.items) world.breach(`${taken} items came out`);
      world.judge();
    },
  ),
  law(
    "S5",
    "The first failure stops reading, cancels the source, lets what is in progress settle, and surfaces as the cause; no rejection goes unhandled.",
    "what happens between the first failure and the rejection (unhandled rejections are for the test runner to see)",
    [
      ...(["readsOn", "leavesTheSourceOpen", "surfacesTooEarly", "surfacesTheLast"] as const),
      "waitsForAStalledSource",
    ],
    plans({ fails: true, stalls: true }),
    async (subject, scheduler, plan) => {
      const world = new World(scheduler, plan, ({ failures }) => {
        if (failures.length > 0) world.breach("a read was asked for after the failure");
      });
      const outcome = await play(subject, world, plan, scheduler);
      world.judge();
      if (world.failures.length === 0) return;
      if (outcome.state !== "rejected")
        throw new Breach(`it is ${outcome.state} after a failure`, world.story);
      if (outcome.reason !== world.failures[0]) throw new Breach("it fails with another cause", world.story);
      if (world.begun !== world.finished) throw new Breach("work is still in progress", world.story);
      const readFailed = String(outcome.reason).includes("read");
      if (!readFailed) mustBeLeft(world, plan);
    },
  ),
  law(
    "S6",
    "Abort does the same, with `signal.reason`.",
    "whether anything is awaited that an abort does not end",
    [
      ...(["ignoresAbort", "leavesTheSourceOpen", "onlyReturns", "wrapsTheReason"] as const),
      ...(["waitsForAStalledSource", "waitsForTheReturn"] as const),
    ],
    plans({ stalls: true }),
    async (subject, scheduler, plan) => {
      const stop = new AbortController();
      const reason = Symbol("the caller's own reason");
      const world = new World(scheduler, plan, () => {
        if (stop.signal.aborted) world.breach("a read was asked for after the abort");
      });
      void scheduler.schedule(Promise.resolve(), "abort").then(() => {
        if (!stop.signal.aborted) world.story.push("abort");
        stop.abort(reason);
      });
      const outcome = await play(subject, world, plan, scheduler, { signal: stop.signal });
      world.judge();
      if (!outcome.settled()) throw new Breach("it never ends", world.story);
      if (outcome.state === "rejected" && outcome.reason !== reason) {
        throw new Breach(`it rejects with ${String(outcome.reason)}`, world.story);
      }
      if (outcome.state === "rejected") mustBeLeft(world, plan);
    },
  ),
];

/**
 * The laws S, ready to judge your own implementation.
 *
 * @example
 * ```ts
 * for (const { id, says, run } of readSlotLaws((slots) => new ReadSlots(slots))) test(`${id} ${says}`, () => run());
 * ```
 */
export const readSlotLaws = (make: MakeReadSlots, waivers?: Waivers): LawRun[] =>
  join(READ_SLOT_LAWS, make, waivers);
