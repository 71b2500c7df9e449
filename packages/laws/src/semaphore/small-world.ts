import type { World } from "../small-scope.js";
import type { Command, Schedule, ScheduleShape } from "./commands.js";

//  A party's program, as far as the order matters:
//
//  free ──acquire, tryAcquire──▶ asked ──release──▶ free
//                                 └─ abort, if it has a signal; expire, if it has a time-out;
//                                    split, shrink

/** What stands for each command in a world of capacity 2. */
const LETTERS: { readonly [Does in Command["does"]]: readonly Command[] } = {
  acquire: [1, 2].map((weight) => ({ does: "acquire", weight })),
  "acquire with signal": [1, 2].map((weight) => ({ does: "acquire with signal", weight, signal: 0 })),
  "acquire with own signal": [1, 2].map((weight) => ({ does: "acquire with own signal", weight })),
  "acquire with timeout": [{ does: "acquire with timeout", weight: 2 }],
  "acquire aborted": [{ does: "acquire aborted", weight: 1 }],
  "acquire doomed": [1, 0.5, Number.NaN].map((weight) => ({ does: "acquire doomed", weight })),
  tryAcquire: [{ does: "tryAcquire", weight: 1 }],
  "tryAcquire doomed": [{ does: "tryAcquire doomed", weight: 0 }],
  release: [{ does: "release", pick: 0 }],
  "release again": [{ does: "release again", pick: 0 }],
  split: [{ does: "split", pick: 0, weight: 1 }],
  shrink: [{ does: "shrink", pick: 0, weight: 1 }],
  "divide doomed": [0, 1, Number.NaN].map((weight) => ({ does: "divide doomed", pick: 0, weight })),
  resize: [1, 3].map((capacity) => ({ does: "resize", capacity })),
  "resize doomed": [{ does: "resize doomed", capacity: 0 }],
  abort: [{ does: "abort", pick: 0 }],
  expire: [{ does: "expire" }],
  "wait until idle": [{ does: "wait until idle" }],
  close: [{ does: "close" }],
};

const ASKS = [
  "acquire",
  "acquire with signal",
  "acquire with own signal",
  "acquire with timeout",
  "tryAcquire",
];

/** Whether it makes sense behind what the party has done so far. */
function follows(program: readonly Command[], { does }: Command): boolean {
  const asked = program.findLastIndex((command) => ASKS.includes(command.does));
  const since = program.slice(asked + 1).map((command) => command.does);
  const released = since.includes("release");
  const asks = program[asked]?.does ?? "";
  if (ASKS.includes(does)) return asked < 0 || released;
  if (does === "release again") return released;
  if (does === "abort") return asks.endsWith("signal") && !released && !since.includes("abort");
  if (does === "expire") return asks.endsWith("timeout") && !released && !since.includes("expire");
  if (["release", "split", "shrink", "divide doomed"].includes(does)) return asked >= 0 && !released;
  return true;
}

/** The world of capacity 2 for the schedules of this shape. */
export function smallWorld({ mix, walked, races = false, bounded = false }: ScheduleShape): World<Command> & {
  readonly start: Omit<Schedule, "steps">;
} {
  const names = walked ?? (Object.keys(mix) as Command["does"][]);
  const letters = names.flatMap((does) => LETTERS[does]);
  return {
    start: { capacity: 2, maxWaiting: bounded ? 1 : undefined },
    gaps: races ? "racing" : "apart",
    next: (program) => letters.filter((letter) => follows(program, letter)),
  };
}
