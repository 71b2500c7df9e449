import fc from "fast-check";
import { type Makers, type Mix, type Step, stepsOf } from "../steps.js";

/**
 * One thing that a party does. Numbers that pick something are taken modulo what there is to pick from: where a party
 * is named, only from what is its own.
 */
export type Command = { readonly party?: number } & Operation;

type Operation =
  | { readonly does: "acquire"; readonly weight: number }
  | { readonly does: "acquire with signal"; readonly weight: number; readonly signal: number }
  | { readonly does: "acquire with own signal"; readonly weight: number }
  | { readonly does: "acquire with timeout"; readonly weight: number }
  | { readonly does: "acquire aborted"; readonly weight: number }
  | { readonly does: "acquire doomed"; readonly weight: number }
  | { readonly does: "tryAcquire"; readonly weight: number }
  | { readonly does: "tryAcquire doomed"; readonly weight: number }
  | { readonly does: "release"; readonly pick: number }
  | { readonly does: "release again"; readonly pick: number }
  | { readonly does: "split"; readonly pick: number; readonly weight: number }
  | { readonly does: "shrink"; readonly pick: number; readonly weight: number }
  | { readonly does: "divide doomed"; readonly pick: number; readonly weight: number }
  | { readonly does: "resize"; readonly capacity: number }
  | { readonly does: "resize doomed"; readonly capacity: number }
  | { readonly does: "abort"; readonly pick: number }
  | { readonly does: "expire" }
  | { readonly does: "wait until idle" }
  | { readonly does: "close" };

export interface Schedule {
  readonly capacity: number;
  readonly maxWaiting: number | undefined;
  readonly steps: readonly Step<Command>[];
}

/** The shape of the schedules that a law wants to see. */
export interface ScheduleShape {
  readonly mix: Mix<Command["does"]>;
  /** Whether a step may have several commands, for the laws about races. */
  readonly races?: boolean;
  /** Whether the line is bounded. */
  readonly bounded?: boolean;
  /** What is walked, if not all of the mix: what costs much, and shows nothing that something else does not. */
  readonly walked?: readonly Command["does"][];
}

/** What every schedule about a line needs. */
export const QUEUEING = { acquire: 6, release: 4 } as const;

// Few, so that several often wait on the same one.
export const SIGNALS = 2;

// The heavy and the light in equal measure, so that lines form; what is above the capacity is cut down to it.
const weight = fc.constantFrom(1, 1, 2, 3, 4);
const pick = fc.nat({ max: 7 });
// The head of the line matters most.
const whoWaits = fc.oneof(fc.constant(0), pick);
const signal = fc.nat({ max: SIGNALS - 1 });
// 1 and 2 are added to the capacity; the others are wrong as they are.
const noCount = fc.constantFrom(0, -1, -4, 0.5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53);
const doomed = fc.oneof(fc.constantFrom(1, 2), noCount);

const MAKERS: Makers<Command> = {
  acquire: fc.record({ does: fc.constant("acquire"), weight }),
  "acquire with signal": fc.record({ does: fc.constant("acquire with signal"), weight, signal }),
  "acquire with own signal": fc.record({ does: fc.constant("acquire with own signal"), weight }),
  "acquire with timeout": fc.record({ does: fc.constant("acquire with timeout"), weight }),
  "acquire aborted": fc.record({ does: fc.constant("acquire aborted"), weight }),
  "acquire doomed": fc.record({ does: fc.constant("acquire doomed"), weight: doomed }),
  tryAcquire: fc.record({ does: fc.constant("tryAcquire"), weight }),
  "tryAcquire doomed": fc.record({ does: fc.constant("tryAcquire doomed"), weight: doomed }),
  release: fc.record({ does: fc.constant("release"), pick }),
  "release again": fc.record({ does: fc.constant("release again"), pick }),
  split: fc.record({ does: fc.constant("split"), pick, weight }),
  shrink: fc.record({ does: fc.constant("shrink"), pick, weight }),
  "divide doomed": fc.record({ does: fc.constant("divide doomed"), pick, weight: doomed }),
  resize: fc.record({ does: fc.constant("resize"), capacity: fc.integer({ min: 1, max: 6 }) }),
  "resize doomed": fc.record({ does: fc.constant("resize doomed"), capacity: noCount }),
  abort: fc.record({ does: fc.constant("abort"), pick: whoWaits }),
  expire: fc.record({ does: fc.constant("expire") }),
  "wait until idle": fc.record({ does: fc.constant("wait until idle") }),
  close: fc.record({ does: fc.constant("close") }),
};

/** Schedules of the given shape; they shrink to fewer steps, commands and smaller weights. */
export function schedules({ mix, races = false, bounded = false }: ScheduleShape): fc.Arbitrary<Schedule> {
  return fc.record<Schedule>({
    capacity: fc.constantFrom(1, 2, 3, 3, 4, 5),
    maxWaiting: bounded ? fc.integer({ min: 0, max: 3 }) : fc.constant(undefined),
    steps: stepsOf<Command>({
      makers: MAKERS,
      mix,
      opening: ["acquire", "acquire with signal", "acquire with own signal", "acquire with timeout"],
      racing: races ? ["release", "abort"] : [],
    }),
  });
}
