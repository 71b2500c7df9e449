import type fc from "fast-check";
import { Outcome } from "./outcome.js";
import type { ReadSlotsLike } from "./subject.js";
import type { Plan, World } from "./world.js";

interface Hooks {
  readonly signal?: AbortSignal | undefined;
  /** Hears of each result that the consumer of a `map` takes. */
  readonly onTaken?: (item: number) => void;
}

/** Starts what the plan says: to work on the source, and to consume the results if there are any. */
export function start(
  subject: ReadSlotsLike,
  world: World,
  plan: Plan,
  scheduler: fc.Scheduler,
  { signal, onTaken = () => {} }: Hooks = {},
): Outcome {
  const stop = signal ? { signal } : {};
  const consume = async () => {
    let taken = 0;
    for await (const item of subject.map(world.source, world.task, {
      ordered: plan.method === "map",
      ...stop,
    })) {
      world.story.push(`${item} is taken`);
      onTaken(item);
      if (taken++ === plan.leavesAfter) {
        world.story.push("the consumer leaves");
        break;
      }
      await scheduler.schedule(Promise.resolve(), `the consumer goes on after ${item}`);
    }
  };
  const whole = plan.method === "forEach" ? subject.forEach(world.source, world.task, stop) : consume();
  return new Outcome(whole, () => world.story.push(`${plan.method} has settled`));
}

/** Plays it to where nothing more can happen, whatever comes of it. */
export async function play(
  ...[subject, world, plan, scheduler, hooks]: Parameters<typeof start>
): Promise<Outcome> {
  const outcome = start(subject, world, plan, scheduler, hooks);
  await world.drive(outcome.settled);
  return outcome;
}
