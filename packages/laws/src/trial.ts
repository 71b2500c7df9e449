import fc from "fast-check";
import { settle } from "./settle.js";
import type { Step } from "./steps.js";
import { Breach } from "./verdicts.js";

/** For schedules in which nothing is left to it. */
export const NO_SCHEDULER = fc.schedulerFor([]);

/** The broken sentences of one law; none means healthy. */
export type Violations<Seen> = (seen: Seen) => string[];

/** What a law looks at. */
export interface Watch<Seen> {
  /** Asked between any two steps, when everything that could happen has happened. */
  readonly violations: Violations<Seen>;
  /** Asked right behind each command, before anything else can happen. */
  readonly atOnce?: Violations<Seen>;
}

/** How the commands of a subject are carried out, and what its callers have seen of it. */
export interface Stage<Seen, Command> {
  readonly seen: Seen;
  /** The commands and what came of them, one line each. */
  readonly story: string[];
  beginStep(): void;
  act(command: Command): void;
  /** Whether a timer has been told to be due and its wait has not ended. */
  isDue(): boolean;
  /** Time passes: whatever has a time-out is due. */
  expire(): void;
  /** Behind every check. */
  checked(): void;
  /** Plays to the end: nobody asks any more, and whoever can still be served is. Checks all the way. */
  finish(check: () => Promise<void>): Promise<void>;
}

/**
 * Plays the steps, lets everything settle after each, and asks for violations all the way. The subjects have
 * no clock of their own: between two checks only microtasks run, unless a time-out is due.
 *
 * - **Order:** the steps one after the other; commands that race in the order that the scheduler picks.
 * - **Abort:** cannot be stopped; it ends with the last step.
 * - **Errors:** `Breach`.
 */
export async function play<Seen, Command extends { readonly does: string }>(
  stage: Stage<Seen, Command>,
  steps: readonly Step<Command>[],
  watch: Watch<Seen>,
  scheduler: fc.Scheduler,
): Promise<void> {
  const refuse = (violations: readonly string[]): void => {
    if (violations.length > 0) throw new Breach(violations.join("; "), stage.story);
  };
  const act = (command: Command): void => {
    try {
      stage.act(command);
    } catch (error) {
      throw new Breach(`${command.does} threw ${String(error)}`, stage.story);
    }
    refuse(watch.atOnce?.(stage.seen) ?? []);
  };
  const check = async (): Promise<void> => {
    const violations = () => watch.violations(stage.seen);
    await settle(
      () => !stage.isDue() && violations().length === 0,
      () => stage.expire(),
    );
    refuse(violations());
    stage.checked();
  };

  for (const { as, commands, turns } of steps) {
    stage.beginStep();
    if (as === "tick" || commands.length === 1) {
      if (commands.length > 1) stage.story.push("in one go:");
      for (const [place, command] of commands.entries()) {
        for (let turn = turns?.[place] ?? 0; turn > 0; turn--) {
          stage.story.push("a turn later:");
          await undefined;
        }
        act(command);
      }
    } else {
      stage.story.push("one right after the other:");
      await race(commands, act, scheduler);
    }
    await check();
  }
  await stage.finish(check);
}

async function race<Command extends { readonly does: string }>(
  commands: readonly Command[],
  act: (command: Command) => void,
  scheduler: fc.Scheduler,
): Promise<void> {
  const acted = Promise.all(
    commands.map((command) => scheduler.schedule(Promise.resolve(), command.does).then(() => act(command))),
  );
  acted.catch(() => undefined); // thrown below, when the scheduler is through
  await scheduler.waitAll();
  await acted;
}
