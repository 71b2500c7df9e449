import fc from "fast-check";
import { hold } from "../hold.js";
import type { Effort } from "../law.js";
import { ReferenceSemaphore } from "../semaphore/reference.js";
import { type Makers, type Mix, type Step, stepsOf } from "../steps.js";
import { play, type Stage } from "../trial.js";
import { Accounts } from "./accounts.js";
import { act } from "./acts.js";
import { type Command, MAKERS } from "./commands.js";
import { wrong } from "./found.js";
import type { MakeChannel } from "./subject.js";
import { playOut } from "./trial.js";
import { passed } from "./violations.js";

const CHANNELS = 3;
const CAPACITY = 3;

type SharedCommand = Command & { readonly on: number };

/** Some channels and the budget that they share. */
interface Sharing {
  readonly budget: ReferenceSemaphore;
  readonly channels: readonly Accounts[];
}

const MIX: Mix<Command["does"]> = {
  ...{ send: 8, "send with signal": 3, trySend: 1, receive: 4, tryReceive: 2, next: 1 },
  ...{ reserve: 5, "use seat": 5, "give up seat": 1, abort: 2, close: 1, cancel: 1 },
};

const weigh = (seats: Accounts["held"]): number => seats.reduce((sum, { weight }) => sum + weight, 0);
/** What is inside, and the seats; after `cancel` these hold nothing. */
const weightOf = ({ inside, held, end }: Accounts): number =>
  inside.reduce((sum, { parcel }) => sum + parcel.weight, 0) + (end === "cancel" ? 0 : weigh(held));

function violations({ budget, channels }: Sharing): string[] {
  const together = channels.reduce((sum, channel) => sum + weightOf(channel), 0);
  // A seat of a cancelled channel holds no room; whether it holds its part of the budget is its own affair.
  const lingering = channels.reduce((sum, { held, end }) => sum + (end === "cancel" ? weigh(held) : 0), 0);
  const left = budget.capacity - together - lingering;
  const reserving = channels.filter((one) => one.reserving.length > 0);
  const sending = channels.filter((one) => one.sending.length > 0);
  const waiting = new Set([...reserving, ...sending]);
  // Where somebody waits for a seat, it may be that one whose turn it is.
  const heads = (reserving.length > 0 ? [] : sending).filter(
    (one) => one.sending[0]!.parcel.weight <= CAPACITY - weightOf(one),
  );
  const stuck = heads.length > 0 && heads.every(({ sending }) => sending[0]!.parcel.weight <= left);
  const overtaken = channels.flatMap(({ accepted, sending }) =>
    passed(
      accepted.filter(({ by }) => by === "send"),
      sending,
    ),
  );
  return wrong(
    together > budget.capacity && `${together} are inside together; the budget is ${budget.capacity}`,
    (budget.held < together || budget.held > together + lingering) &&
      `the budget has lent ${budget.held}, but ${together} are inside`,
    budget.waiting > waiting.size &&
      `${budget.waiting} requests wait for the budget, but only ${waiting.size} channels have senders that wait`,
    stuck && `items wait though ${left} of the budget are left`,
    sending.some((one) => one.taking.length > 0 && one.reserving.length === 0) &&
      "somebody waits to send and somebody to receive on one channel",
    overtaken.length > 0 &&
      `item ${overtaken[0]?.[0]} was accepted before item ${overtaken[0]?.[1]} of its channel`,
  );
}

const stage = ({ budget, channels }: Sharing, story: string[]): Stage<Sharing, SharedCommand> => ({
  seen: { budget, channels },
  story,
  beginStep: () => {
    for (const channel of channels) channel.beginStep();
  },
  act: ({ on, ...command }) => {
    story.push(`on channel ${on}:`);
    act(channels[on]!, command);
  },
  isDue: () => false,
  expire: () => undefined,
  checked: () => undefined,
  finish: async (check) => {
    for (const channel of channels) {
      story.push("the next channel is emptied and closed:");
      await playOut(channel, check);
    }
  },
});

/** A check that lets some channels share a budget. */
export async function onSharedBudget(make: MakeChannel, effort: Effort): Promise<void> {
  const makers = Object.fromEntries(
    Object.entries(MAKERS).map(([does, maker]) => [
      does,
      fc
        .tuple(maker as fc.Arbitrary<Command>, fc.nat({ max: CHANNELS - 1 }))
        .map(([one, on]) => ({ ...one, on })),
    ]),
  ) as unknown as Makers<SharedCommand>;
  const steps = stepsOf<SharedCommand>({
    makers,
    mix: MIX,
    opening: ["send", "send with signal", "reserve"],
    racing: [],
  });
  const test = (capacity: number, given: readonly Step<SharedCommand>[], scheduler: fc.Scheduler) => {
    const budget = new ReferenceSemaphore(capacity, {});
    const story = [`a budget of ${capacity}`];
    const channels = Array.from(
      { length: CHANNELS },
      () =>
        new Accounts(
          (options) => make({ ...options, budget }),
          { capacity: CAPACITY, whenFull: "wait" },
          story,
        ),
    );
    return play(stage({ budget, channels }, story), given, { violations }, scheduler);
  };
  await hold(fc.asyncProperty(fc.constantFrom(3, 4, 5), steps, fc.scheduler(), test), effort);
}
