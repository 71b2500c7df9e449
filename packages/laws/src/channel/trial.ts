import fc from "fast-check";
import { hold } from "../hold.js";
import type { Effort } from "../law.js";
import { holdEverywhere } from "../small-scope.js";
import { play, type Stage, type Watch } from "../trial.js";
import { Accounts } from "./accounts.js";
import { act, end, expire, receive } from "./acts.js";
import { type Command, type Schedule, type ScheduleShape, schedules, smallSchedules } from "./commands.js";
import { giveUpSeat } from "./seats.js";
import type { MakeChannel } from "./subject.js";

/** A check that plays schedules on the subject and on the twin: first all small ones, then random ones. */
export function onSchedules(
  watch: Watch<Accounts> & ScheduleShape,
): (make: MakeChannel, effort: Effort) => Promise<void> {
  return async (make, effort) => {
    const test = (schedule: Schedule, scheduler: fc.Scheduler) =>
      play(stage(new Accounts(make, schedule)), schedule.steps, watch, scheduler);
    await holdEverywhere(smallSchedules(watch), (small) => test(small, fc.schedulerFor([])), effort.seed);
    await hold(fc.asyncProperty(schedules(watch), fc.scheduler(), test), effort);
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
