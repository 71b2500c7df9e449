import fc from "fast-check";
import { hold } from "../hold.js";
import type { Judging } from "../law.js";
import { countOf, holdEverywhere, interleavings } from "../small-scope.js";
import { NO_SCHEDULER, play, type Stage, type Watch } from "../trial.js";
import { Accounts } from "./accounts.js";
import { act, end, expire, receive } from "./acts.js";
import { type Command, type Schedule, type ScheduleShape, schedules } from "./commands.js";
import { giveUpSeat } from "./seats.js";
import { smallWorlds } from "./small-world.js";
import type { MakeChannel } from "./subject.js";

/** A check that plays schedules on the subject and on the twin: first all of small worlds, then random ones. */
export function onSchedules(watch: Watch<Accounts> & ScheduleShape): Judging<MakeChannel> {
  const worlds = smallWorlds(watch);
  return {
    walks: worlds.reduce((sum, world) => sum + countOf(world), 0),
    async check(make, effort) {
      const test = (schedule: Schedule, scheduler: fc.Scheduler) =>
        play(stage(new Accounts(make, schedule)), schedule.steps, watch, scheduler);
      let walked = 0;
      for (const world of worlds) {
        walked += await holdEverywhere(
          interleavings(world, effort.operations),
          (steps) => test({ ...world.start, steps }, NO_SCHEDULER),
          effort.seed,
        );
      }
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
  isDue: () => [...seen.sending, ...seen.taking].some(({ ended }) => ended === "time-out"),
  expire: () => expire(seen),
  checked: () => undefined,
  finish: (check) => playOut(seen, check),
});

/** Seats are given up; then somebody receives until there is nothing to get; then it is closed, and everybody must know. */
export async function playOut(seen: Accounts, check: () => Promise<void>): Promise<void> {
  seen.party = undefined;
  while (seen.held.length > 0) {
    seen.beginStep();
    giveUpSeat(seen, 0);
    await check();
  }
  do {
    seen.beginStep();
    receive(seen, {});
    await check();
  } while (seen.taken.at(-1)?.state === "got");
  if (!seen.end) {
    seen.beginStep();
    end(seen, "close");
    await check();
  }
  seen.finished = true;
  await check();
}
