import fc from "fast-check";
import { hop } from "../settle.js";
import { AT_ONCE } from "../upload/run.js";
import { law } from "./law.js";
import { type Asked, hasGivenAll } from "./onlooker.js";
import { mostOf, plans } from "./plan.js";
import { play, start } from "./run.js";

// The milliseconds of `world.idleTimeout` really pass, since a clock is what is judged; nothing is judged by how late it is.
// Shares of them: what comes late, comes before the time is up, so that the two add up to more than it.
const LATE = 2 / 3;
const PAUSE = 5 / 12;
// Timers are early by as much as the turn has lasted in which they are set.
const EARLY = 6;

export const D8 = law(
  {
    id: "D8",
    says: "A stalled range is retried after its time budget.",
    hint: "what starts and resets the timer, and what becomes of the request that has stalled",
    sins: [
      "waitsForEver",
      "timesOnlyTheAnswer",
      "countsFromTheBeginning",
      "failsWhenStalled",
      "leavesTheStalled",
    ],
    needs: "timeBudgets",
  },
  fc.record({
    plan: plans({ from: 1 }),
    attempts: fc.integer({ min: 2, max: 3 }),
    /** The range with this byte stalls. */
    at: fc.nat({ max: 100 }),
    times: fc.integer({ min: 1, max: 3 }),
    /** Bytes that come before; none: it is not even answered. */
    after: fc.integer({ min: -1, max: 3 }),
    late: fc.boolean(),
  }),
  async (world, { plan, attempts, at, times, after, late }) => {
    const { idleTimeout } = world;
    const byte = at % plan.size;
    const tries: Asked[] = [];
    world.trouble = (asked) => {
      const last = Math.min(asked.options.range?.end ?? plan.size, plan.size - 1);
      if (asked.start > byte || last < byte) return undefined;
      tries.push(asked);
      if (tries.length > times) return undefined;
      return after < 0 ? { does: "hang" } : { does: "stall", after: Math.min(after, byte - asked.start) };
    };
    world.before = async (asked) => {
      if (!late || after < 0 || asked !== tries[0]) return;
      for (const began = performance.now(); performance.now() < began + LATE * idleTimeout; ) await hop();
    };
    const retry = { ...AT_ONCE, attempts };
    const { failure } = await play(world, plan, { options: { idleTimeout, retry } });
    const failed = failure();
    for (const asked of world.requests) {
      const { state, heard, stopped, nth } = asked;
      if (state !== "stopped" || failed || hasGivenAll(asked, plan.size)) continue;
      const waited = stopped - heard;
      if (waited < idleTimeout - EARLY)
        world.breach(`get ${nth} is given up ${waited} ms after it was last heard of`);
    }
    if (tries.length > attempts) world.breach(`a range is tried ${tries.length} times, not ${attempts}`);
    if (times >= attempts && !failed) world.breach("it succeeds, though each try has stalled");
    if (times < attempts && failed) world.breach(`it fails with ${String(failed.error)}`);
  },
);

export const D10 = law(
  {
    id: "D10",
    says: "A reader that stops for good loses the body after its time budget, and everything is back.",
    hint: "what counts the time of a reader, and what it gives up",
    sins: ["waitsForTheReader", "endsForTheReader", "hurriesTheReader", "keepsTheUnread"],
    needs: "timeBudgets",
  },
  fc.record({
    plan: plans({ from: 1 }),
    /** It takes so many bytes, if there are so many and one more. */
    stopsAfter: fc.nat({ max: 60 }),
    /** It is slow, but within its budget. */
    slow: fc.boolean(),
  }),
  async (world, { plan, stopsAfter, slow }) => {
    const { idleTimeout } = world;
    // How long a reader takes over a chunk that is larger than its buffer, nobody can see.
    const isSeen = plan.reader.buffers.length === 0;
    const pause = slow && isSeen ? PAUSE * idleTimeout : 0;
    const enough = Math.min(stopsAfter, plan.size - 1);
    const { consumer, budget, over } = await start(world, plan, {
      stopsAfter: enough,
      pause,
      options: { idleTimeout },
    });
    world.look = () => {
      if (budget.held > mostOf(plan)) world.breach(`${budget.held} bytes of the budget are held`);
    };
    await world.drive(() => over() || consumer.stopped);
    // Its last chunk may have been the last of all.
    const whole = () => consumer.taken === plan.size;
    const lost = await world.drive(() => over() || whole());
    await world.idle();
    world.expectNothingLeft();
    if (whole()) return;
    if (!lost || typeof consumer.ended !== "object") return world.breach("it does not lose the body");
    const waited = consumer.lost - consumer.lastTook;
    if (isSeen && waited < idleTimeout - EARLY)
      world.breach(`it has lost the body ${waited} ms after it last took something`);
  },
);
