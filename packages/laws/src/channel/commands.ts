import fc from "fast-check";
import { type Makers, type Mix, type Step, stepsOf } from "../steps.js";
import type { WhenFull } from "./subject.js";

/** Who sends: items of one sender must arrive in order. */
const SENDERS = 2;

/**
 * One thing that a party does. Numbers that pick something are taken modulo what there is to pick from: where a party
 * is named, only from what is its own; and the party is the sender.
 */
export type Command = { readonly party?: number } & Operation;

type Operation =
  | {
      readonly does: "send" | "send with signal" | "send with timeout" | "send aborted" | "trySend";
      readonly sender: number;
      readonly weight: number;
    }
  | { readonly does: "reserve" | "reserve with signal"; readonly weight: number }
  | { readonly does: "use seat"; readonly sender: number; readonly weight: number; readonly pick: number }
  | { readonly does: "give up seat"; readonly pick: number }
  | {
      readonly does: "send too heavy" | "trySend too heavy";
      readonly sender: number;
      readonly weight: number;
    }
  | { readonly does: "wait for room" | "wait for room with signal" }
  | { readonly does: "receive many" | "drain"; readonly max: number }
  | { readonly does: "receive" | "receive with signal" | "receive with timeout" | "receive aborted" }
  | { readonly does: "tryReceive" | "next" | "loop and leave" | "consume and leave" }
  | { readonly does: "abort"; readonly pick: number }
  | { readonly does: "expire" | "close" | "fail" | "cancel" };

export interface Schedule {
  readonly capacity: number;
  readonly whenFull: WhenFull;
  readonly lowWater?: number | undefined;
  readonly steps: readonly Step<Command>[];
}

/** The shape of the schedules that a law wants to see. */
export interface ScheduleShape {
  readonly mix: Mix<Command["does"]>;
  /** Whether a step may have several commands, for the laws about races. */
  readonly races?: boolean;
  /** The capacities to try; 0 is a rendezvous. */
  readonly capacities?: readonly number[];
  /** What the subject shall do when it is full; `"wait"` if left out. */
  readonly whenFull?: readonly WhenFull[];
  /** Where the low-water mark is to be; nowhere if left out. */
  readonly lowWater?: readonly number[];
  /** What is walked, if not all of the mix: what costs much, and shows nothing that something else does not. */
  readonly walked?: readonly Command["does"][];
  /** Whether items of 2 are walked beside those of 1, for the laws about weights. */
  readonly weights?: boolean;
}

const sender = fc.nat({ max: SENDERS - 1 });
// What is above the capacity is cut down to it; what is to be too heavy is added to it.
const weight = fc.constantFrom(1, 1, 2, 3);
const pick = fc.nat({ max: 7 });
const max = fc.integer({ min: 1, max: 3 });

const sending = <Does extends string>(does: Does) => fc.record({ does: fc.constant(does), sender, weight });
const plain = <Does extends string>(does: Does) => fc.record({ does: fc.constant(does) });

export const MAKERS = {
  send: sending("send"),
  "send with signal": sending("send with signal"),
  "send with timeout": sending("send with timeout"),
  "send aborted": sending("send aborted"),
  "send too heavy": sending("send too heavy"),
  trySend: sending("trySend"),
  "trySend too heavy": sending("trySend too heavy"),
  reserve: sending("reserve"),
  "reserve with signal": sending("reserve with signal"),
  "use seat": fc.record({ does: fc.constant("use seat"), sender, weight, pick }),
  "give up seat": fc.record({ does: fc.constant("give up seat"), pick }),
  "wait for room": plain("wait for room"),
  "wait for room with signal": plain("wait for room with signal"),
  "receive many": fc.record({ does: fc.constant("receive many"), max }),
  drain: fc.record({ does: fc.constant("drain"), max }),
  receive: plain("receive"),
  "receive with signal": plain("receive with signal"),
  "receive with timeout": plain("receive with timeout"),
  "receive aborted": plain("receive aborted"),
  tryReceive: plain("tryReceive"),
  next: plain("next"),
  "loop and leave": plain("loop and leave"),
  "consume and leave": plain("consume and leave"),
  abort: fc.record({ does: fc.constant("abort"), pick }),
  expire: plain("expire"),
  close: plain("close"),
  fail: plain("fail"),
  cancel: plain("cancel"),
} satisfies Record<Command["does"], fc.Arbitrary<Command>>;

/** Schedules of the given shape; they shrink to fewer steps, commands and smaller weights. */
export function schedules(shape: ScheduleShape) {
  const { mix, races = false, capacities = [0, 1, 2, 3, 4], whenFull = ["wait"], lowWater } = shape;
  return fc.record<Schedule>({
    capacity: fc.constantFrom(...capacities),
    whenFull: fc.constantFrom(...whenFull),
    lowWater: lowWater ? fc.constantFrom(...lowWater) : fc.constant(undefined),
    steps: stepsOf<Command>({
      makers: MAKERS as Makers<Command>,
      mix,
      opening: ["send", "send with signal", "send with timeout", "reserve", "receive", "receive with signal"],
      racing: races ? ["send", "receive", "abort"] : [],
    }),
  });
}
