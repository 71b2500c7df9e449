import fc from "fast-check";
import { hold } from "../hold.js";
import type { Judging } from "../law.js";
import { countOf, holdEverywhere, interleavings } from "../small-scope.js";
import { NO_SCHEDULER, play, type Stage, type Watch } from "../trial.js";
import { Accounts } from "./accounts.js";
import { act, expire } from "./acts.js";
import { release } from "./acts-of-holders.js";
import { type Command, type Schedule, type ScheduleShape, schedules } from "./commands.js";
import { smallWorld } from "./small-world.js";
import type { MakeSemaphore } from "./subject.js";

/** A check that plays schedules on the subject and on the twin: first all of a small world, then random ones. */
export function onSchedules(watch: Watch<Accounts> & ScheduleShape): Judging<MakeSemaphore> {
  const world = smallWorld(watch);
  return {
    walks: countOf(world),
    async check(make, effort) {
      const test = (schedule: Schedule, scheduler: fc.Scheduler) =>
        play(stage(new Accounts(make, schedule)), schedule.steps, watch, scheduler);
      const walked = await holdEverywhere(
        interleavings(world, effort.operations),
        (steps) => test({ ...world.start, steps }, NO_SCHEDULER),
        effort.seed,
      );
      await hold(fc.asyncProperty(schedules(watch), fc.scheduler(), test), effort);
      return { walked, random: effort.runs };
    },
  };
}

const stage = (seen: Accounts): Stage<Accounts, Command> => ({
  seen,
  story: seen.story,
  beginStep: () => seen.beginStep(),
  act: (command) => act(seen, command),
  isDue: () => seen.pending.some(({ ended }) => ended === "time-out"),
  expire: () => expire(seen),
  checked: () => {
    for (const wait of seen.idleWaits) wait.sawZero ||= seen.lent === 0;
  },
  // Everything is given back, until nobody waits or nothing moves.
  finish: async (check) => {
    seen.party = undefined;
    while (seen.live.length > 0) {
      seen.beginStep();
      seen.tell("everything is given back");
      while (seen.live.length > 0) release(seen, 0);
      await check();
    }
    seen.finished = true;
    await check();
  },
});
