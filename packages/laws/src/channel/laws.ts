import { join, type LawRun, type Waivers } from "../join.js";
import type { Judging, Law } from "../law.js";
import { uncheckedOf } from "../unchecked.js";
import { C8, C9, C10, C13 } from "./laws-of-room.js";
import { C15, C16, C17, C18 } from "./laws-of-waking.js";
import * as ending from "./sins-of-ending.js";
import * as flow from "./sins-of-flow.js";
import * as waiting from "./sins-of-waiting.js";
import type { MakeChannel } from "./subject.js";
import { onSchedules } from "./trial.js";
import * as violations from "./violations.js";
import * as endings from "./violations-of-ending.js";

type ChannelLaw = Law<MakeChannel>;

const FLOWING = { send: 6, receive: 5 } as const;
const TRYING = { trySend: 2, tryReceive: 2, next: 1 } as const;
const ENDING = {
  send: 4,
  receive: 3,
  "send with signal": 4,
  "receive with signal": 4,
  abort: 4,
  "send with timeout": 1,
  "receive with timeout": 1,
  expire: 1,
} as const;
const EITHER_WAY = ["send", "receive", "trySend", "tryReceive"] as const;
const RACING = ["send with signal", "receive with signal", "abort"] as const;
const ABORTED = { "send aborted": 1, "receive aborted": 1 } as const;

/** Both must hold; each gets half of the runs. */
const both = (one: Judging<MakeChannel>, other: Judging<MakeChannel>): Judging<MakeChannel> => ({
  walks: (one.walks ?? 0) + (other.walks ?? 0),
  async check(make, effort) {
    const half = { ...effort, runs: Math.ceil(effort.runs / 2) };
    const [first, second] = [await one.check(make, half), await other.check(make, half)];
    return { walked: (first?.walked ?? 0) + (second?.walked ?? 0), random: 2 * half.runs };
  },
});

const C1: ChannelLaw = {
  id: "C1",
  kind: "must",
  says: "Received = accepted minus undelivered: in order per sender, no loss, no duplicate.",
  hint: "the hand-over between a waiting sender, the buffer and a waiting receiver: an item is in exactly one of the three",
  sinners: flow.C1_SINNERS,
  ...both(
    onSchedules({
      mix: { ...FLOWING, ...TRYING },
      walked: EITHER_WAY,
      violations: violations.nothingLostInOrder,
    }),
    onSchedules({
      mix: { ...ENDING, ...TRYING },
      walked: RACING,
      races: true,
      violations: violations.nothingLostInRaces,
    }),
  ),
};

const C2: ChannelLaw = {
  id: "C2",
  kind: "must",
  says: "Buffered weight never exceeds the capacity; capacity 0 is a rendezvous and buffers nothing.",
  hint: "the test whether an item fits, and what counts as buffered",
  sinners: flow.C2_SINNERS,
  ...onSchedules({
    mix: { ...FLOWING, ...TRYING, send: 9 },
    walked: EITHER_WAY,
    weights: true,
    capacities: [0, 0, 1, 2, 3, 4],
    violations: violations.bufferInBounds,
  }),
};

const C3: ChannelLaw = {
  id: "C3",
  kind: "must",
  says: "After `close`, the rest is delivered, then the end; sends reject.",
  hint: "close(): it ends whoever waits, but not what is inside",
  sinners: ending.C3_SINNERS,
  ...onSchedules({
    mix: { ...FLOWING, ...TRYING, close: 2 },
    walked: ["send", "receive", "next", "close"],
    violations: endings.restThenEnd,
  }),
};

const C4: ChannelLaw = {
  id: "C4",
  kind: "must",
  needs: "fail",
  says: "After `fail(error)`, receivers get the rest, then that very error.",
  hint: "fail(): the error is to be kept and given to everybody, as it is",
  sinners: ending.C4_SINNERS,
  ...onSchedules({ mix: { ...FLOWING, next: 2, fail: 2 }, violations: endings.restThenFailure }),
};

const C5: ChannelLaw = {
  id: "C5",
  kind: "must",
  needs: "signal",
  says: "An aborted or timed-out send was not delivered; an aborted receive lost nothing.",
  hint: "what runs when a signal aborts or a timer fires: the party must be out of its line before its promise rejects",
  sinners: waiting.C5_SINNERS,
  ...both(
    onSchedules({
      mix: { ...ENDING, ...ABORTED },
      walked: ["send with timeout", "receive with timeout", "expire"],
      violations: violations.endedWaitsDidNothing,
    }),
    onSchedules({
      mix: { ...ENDING, ...ABORTED },
      walked: RACING,
      races: true,
      violations: violations.endedWaitsInRaces,
    }),
  ),
};

const C6: ChannelLaw = {
  id: "C6",
  kind: "must",
  needs: "weigh",
  says: "The weight of an item is measured once.",
  hint: "every call of `weigh`: there should be one, where the item comes in",
  sinners: flow.C6_SINNERS,
  ...onSchedules({
    mix: { ...FLOWING, ...TRYING },
    walked: EITHER_WAY,
    violations: violations.weighedOnce,
  }),
};

const C7: ChannelLaw = {
  id: "C7",
  kind: "must",
  needs: "cancel",
  says: "After `cancel(reason)`, each item that was accepted and not received is handed to `onUndelivered` exactly once, and waiting senders reject with their item undelivered.",
  hint: "cancel(): it empties the buffer into the hook and both lines into rejections",
  sinners: ending.C7_SINNERS,
  ...onSchedules({
    mix: { ...FLOWING, ...TRYING, cancel: 2 },
    walked: ["send", "receive", "tryReceive", "cancel"],
    violations: endings.undeliveredIsHandedOver,
  }),
};

const C11: ChannelLaw = {
  id: "C11",
  kind: "must",
  says: "Waiting senders are served in arrival order; so are waiting receivers.",
  hint: "whatever chooses the next sender or receiver, and at a send or receive that overtakes a line",
  sinners: flow.C11_SINNERS,
  ...onSchedules({ mix: FLOWING, weights: true, violations: violations.bothLinesInOrder }),
};

const C12: ChannelLaw = {
  id: "C12",
  kind: "must",
  needs: "consume",
  says: "Leaving a `for await` over the channel affects no other receiver; leaving one over `consume()` cancels the channel.",
  hint: "`return()` of the two iterators",
  sinners: ending.C12_SINNERS,
  ...onSchedules({
    mix: { ...FLOWING, "loop and leave": 4, "consume and leave": 1 },
    violations: endings.leavingIsPrivate,
  }),
};

const C14: ChannelLaw = {
  id: "C14",
  kind: "must",
  needs: "weigh",
  says: "An item heavier than the capacity is refused at once.",
  hint: "the test of the weight: it comes before anybody is put in line",
  sinners: flow.C14_SINNERS,
  ...onSchedules({
    mix: { ...FLOWING, "send too heavy": 4, "trySend too heavy": 2 },
    weights: true,
    capacities: [1, 2, 3],
    violations: violations.heavyIsRefused,
  }),
};

export const CHANNEL_LAWS: readonly ChannelLaw[] = [
  C1,
  C2,
  C3,
  C4,
  C5,
  C6,
  C7,
  C8,
  C9,
  C10,
  C11,
  C12,
  C13,
  C14,
  C15,
  C16,
  C17,
  C18,
];

/**
 * The laws of bounded channels, for the one that `make` makes.
 *
 * @example
 * ```ts
 * for (const { id, says, waived, run } of channelLaws((options) => new Mine(options)))
 *   test(`${id}: ${says}`, (t) => (waived ? t.skip(waived) : run()));
 * ```
 */
export function channelLaws(make: MakeChannel, waivers?: Waivers): LawRun[] {
  return join([...CHANNEL_LAWS, ...uncheckedOf("C")], make, waivers);
}
