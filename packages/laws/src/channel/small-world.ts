import type { World } from "../small-scope.js";
import type { Command, Schedule, ScheduleShape } from "./commands.js";

const CAPACITIES = [0, 2];

/** What stands for a command. */
function lettersOf(does: Command["does"], heavy: boolean): readonly Command[] {
  const weights = (does === "send" || does === "send with signal") && heavy ? [1, 2] : [1];
  return weights.map((weight) => ({ does, sender: 0, weight, pick: 0, max: 2 }) as Command);
}

/** What has to come before it in the program of the same party, and is used up by it. */
const NEEDS: { readonly [Does in Command["does"]]?: readonly [asks: string, ends: readonly string[]] } = {
  abort: ["signal", ["abort"]],
  expire: ["timeout", ["expire"]],
  "use seat": ["reserve", ["use seat", "give up seat"]],
  "give up seat": ["reserve", ["use seat", "give up seat"]],
};

/** Whether it makes sense behind what the party has done so far. A party goes on, whatever still waits. */
function follows(program: readonly Command[], { does }: Command): boolean {
  const needs = NEEDS[does];
  if (needs === undefined) return true;
  const [asks, ends] = needs;
  const asked = program.filter((command) => command.does.includes(asks)).length;
  return asked > program.filter((command) => ends.includes(command.does)).length;
}

export interface ChannelWorld extends World<Command> {
  readonly start: Omit<Schedule, "steps">;
}

/** The worlds for the schedules of this shape: a rendezvous and room for two, in each mode. */
export function smallWorlds(shape: ScheduleShape): ChannelWorld[] {
  const {
    mix,
    walked,
    weights = false,
    races = false,
    capacities = CAPACITIES,
    whenFull = ["wait"],
    lowWater,
  } = shape;
  const names = walked ?? (Object.keys(mix) as Command["does"][]);
  return CAPACITIES.filter((capacity) => capacities.includes(capacity)).flatMap((capacity) => {
    const letters = names.flatMap((does) => lettersOf(does, weights && capacity > 1));
    const next = (program: readonly Command[]) => letters.filter((letter) => follows(program, letter));
    return whenFull.map((mode) => ({
      start: { capacity, whenFull: mode, lowWater: lowWater?.[0] },
      gaps: races ? ("racing" as const) : ("apart" as const),
      next,
    }));
  });
}
