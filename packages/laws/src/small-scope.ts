import { hop } from "./settle.js";
import type { Step } from "./steps.js";
import { Counterexample } from "./verdicts.js";

//  party 0   acquire ────────────────── release      each has a program, one operation after the other
//  party 1            acquire                        the schedule: their programs, interleaved
//  party 2                     acquire
//                   │        │        └ gaps: at once, a turn later, or when everything has settled

const PARTIES = 3;
/** How many operations a schedule has, at most, unless told. */
export const OPERATIONS = 4;
/** So many schedules are walked before the event loop gets a turn. */
const STRIDE = 1_000;

/** What passes between two operations: nothing, one turn of the microtasks, or as many as anything takes. */
type Gap = "at once" | "a turn" | "settled";
const GAPS: { readonly apart: readonly Gap[]; readonly racing: readonly Gap[] } = {
  apart: ["settled"],
  racing: ["at once", "a turn", "settled"],
};

/** A world so small that every schedule in it can be walked. */
export interface World<Command> {
  /** What a party may do next, after what it has done so far. */
  readonly next: (program: readonly Command[]) => readonly Command[];
  readonly gaps: keyof typeof GAPS;
}

interface Move<Command> {
  readonly gap: Gap;
  readonly party: number;
  readonly command: Command;
}

/**
 * Every interleaving of the programs of three parties, the shortest first: each order of their operations, with
 * each gap between any two. The parties are alike, so who comes first is party 0, and so on.
 */
export function* interleavings<Command>(
  world: World<Command>,
  operations = OPERATIONS,
): Generator<readonly Step<Command & { readonly party: number }>[]> {
  for (let length = 1; length <= operations; length++) {
    for (const moves of movesOf(world, length, [], [[]])) yield stepsOf(moves);
  }
}

function* movesOf<Command>(
  world: World<Command>,
  left: number,
  moves: readonly Move<Command>[],
  programs: readonly (readonly Command[])[],
): Generator<readonly Move<Command>[]> {
  if (left === 0) {
    yield moves;
    return;
  }
  const gaps: readonly Gap[] = moves.length === 0 ? ["settled"] : GAPS[world.gaps];
  for (const [party, program] of programs.entries()) {
    const newcomer = program.length === 0 && programs.length < PARTIES ? [[]] : [];
    for (const command of world.next(program)) {
      const after = [...programs.with(party, [...program, command]), ...newcomer];
      for (const gap of gaps) yield* movesOf(world, left - 1, [...moves, { gap, party, command }], after);
    }
  }
}

function stepsOf<Command>(moves: readonly Move<Command>[]): Step<Command & { readonly party: number }>[] {
  const steps: { as: "tick"; commands: (Command & { readonly party: number })[]; turns: number[] }[] = [];
  for (const { gap, party, command } of moves) {
    if (gap === "settled") steps.push({ as: "tick", commands: [], turns: [] });
    const step = steps.at(-1)!;
    step.commands.push({ ...command, party });
    step.turns.push(gap === "a turn" ? 1 : 0);
  }
  return steps;
}

/** How many interleavings there are: by arithmetic, so that a walk which leaves some out is found out. */
export function countOf<Command>({ next, gaps }: World<Command>, operations = OPERATIONS): number {
  const programs: number[] = [];
  let longest: (readonly Command[])[] = [[]];
  for (let length = 0; length < operations; length++) {
    longest = longest.flatMap((program) => next(program).map((command) => [...program, command]));
    programs.push(longest.length);
  }
  let sum = 0;
  for (let length = 1; length <= operations; length++) {
    sum += ordersOf(programs, length, PARTIES) * GAPS[gaps].length ** (length - 1);
  }
  return sum;
}

/** The first party has the first operation; it chooses the places of its others, and leaves the rest to the others. */
function ordersOf(programs: readonly number[], length: number, parties: number): number {
  if (length === 0) return 1;
  if (parties === 0) return 0;
  let sum = 0;
  for (let own = 1; own <= length; own++) {
    const places = choose(length - 1, own - 1);
    sum += places * (programs[own - 1] ?? 0) * ordersOf(programs, length - own, parties - 1);
  }
  return sum;
}

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);

/**
 * Tries each of the cases, and says how many there were: what random schedules would have to be lucky for is
 * found for certain.
 *
 * - **Order:** the cases one after the other.
 * - **Abort:** cannot be stopped; it ends with the last case.
 * - **Errors:** `Counterexample`.
 */
export async function holdEverywhere<Case>(
  cases: Iterable<Case>,
  test: (one: Case) => Promise<void>,
  seed: number,
): Promise<number> {
  let after = 0;
  for (const one of cases) {
    try {
      await test(one);
    } catch (breach) {
      throw new Counterexample(breach, { seed, after, shown: JSON.stringify(one) });
    }
    if (++after % STRIDE === 0) await hop();
  }
  return after;
}
