import fc from "fast-check";
import { hop } from "../settle.js";
import { AT_ONCE } from "../upload/run.js";
import { law } from "./law.js";
import { plans } from "./plan.js";
import { play } from "./run.js";
import { type Asked, hasGivenAll } from "./watched-store.js";

// Milliseconds. They really pass, since a clock is what is judged; nothing is judged by how late it is.
const IDLE = 8;
// What comes late, comes before the time is up, so that the two add up to more than it.
const LATE = 5;
// Timers may be early by the part of a millisecond that they do not count.
const EARLY = 2;

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
      for (const began = performance.now(); performance.now() < began + LATE; ) await hop();
    };
    const retry = { ...AT_ONCE, attempts };
    const { failure } = await play(world, plan, { options: { idleTimeout: IDLE, retry } });
    const failed = failure();
    for (const asked of world.requests) {
      const { state, heard, stopped, nth } = asked;
      if (state !== "stopped" || failed || hasGivenAll(asked, plan.size)) continue;
      const waited = stopped - heard;
      if (waited < IDLE - EARLY)
        world.breach(`get ${nth} is given up ${waited} ms after it was last heard of`);
    }
    if (tries.length > attempts) world.breach(`a range is tried ${tries.length} times, not ${attempts}`);
    if (times >= attempts && !failed) world.breach("it succeeds, though each try has stalled");
    if (times < attempts && failed) world.breach(`it fails with ${String(failed.error)}`);
  },
);
