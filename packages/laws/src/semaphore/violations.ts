import type * as trial from "../trial.js";
import type { Accounts, Asked } from "./accounts.js";

type Violations = trial.Violations<Accounts>;

export const wrong = (...found: (string | false)[]): string[] => found.filter((one) => one !== false);
export const all = (requests: readonly Asked[], is: string): string | false =>
  requests.length > 0 && `${requests.map(({ id }) => `#${id}`).join(", ")} ${is}`;

export const heldIsLent = ({ subject, lent }: Accounts): string | false =>
  subject.held !== lent && `held is ${subject.held}, but the live permits weigh ${lent}`;

const lineIsPending = ({ subject, pending }: Accounts): string | false =>
  subject.waiting !== pending.length && `waiting is ${subject.waiting}, but ${pending.length} wait`;

const lineIsServed = ({ pending, capacity, lent, closed }: Accounts): string | false => {
  const head = pending.find(({ doomed }) => !doomed);
  const free = capacity - lent;
  if (head === undefined || closed || head.weight > free) return false;
  return `#${head.id} heads the line, and its ${head.weight} fit into the ${free} that are free`;
};

export const heldInBounds: Violations = ({ subject, capacity }) =>
  wrong(
    !(subject.held >= 0) && `held is ${subject.held}, below zero`,
    !(subject.held <= capacity) && `held is ${subject.held}, above the capacity of ${capacity}`,
  );

export const weightsAddUp: Violations = (seen) =>
  wrong(
    heldIsLent(seen),
    seen.lent > seen.capacity && `${seen.lent} are lent, but only ${seen.capacity} exist`,
    ...heldInBounds(seen),
  );

export const headDoesNotFit: Violations = (seen) => wrong(lineIsServed(seen));

/** Nobody is left waiting, neither now nor at the end, because whoever stood before has left. */
export const servedAtOnce: Violations = (seen) =>
  wrong(lineIsServed(seen), seen.finished && all(seen.pending, "wait for ever"));

export const inOrderOfArrival: Violations = ({ served, pending }) =>
  served.flatMap((id, place) => {
    const passed = [...served.slice(place + 1), ...pending.map((asked) => asked.id)].filter(
      (other) => other < id,
    );
    return passed.map((other) => `#${id} was granted before #${other}, which came earlier`);
  });

/** What must be true of waits that somebody ended, also where no race was. */
const nothingLeftBehind: Violations = (seen) => {
  const { asked, pending, signals, closed } = seen;
  const ended = asked.filter(({ ended }) => ended !== undefined);
  const aborted = ended.filter((one) => one.ended === "abort" && one.state === "rejected" && !closed);
  const refused = asked.filter((one) => one.by === "acquire" && one.state === "rejected" && !one.ended);
  const inUse = new Set(pending.map(({ signal }) => signal));
  const left = signals.filter((signal) => !inUse.has(signal) && signal.listeners > 0);
  return wrong(
    all(
      ended.filter(({ state }) => state === "pending"),
      "still wait, though their wait was ended",
    ),
    all(
      aborted.filter((one) => one.error !== one.signal?.reason),
      "rejected with something other than signal.reason",
    ),
    !closed && all(refused, "rejected, though nobody ended the wait"),
    heldIsLent(seen),
    lineIsPending(seen),
    left.length > 0 &&
      `${left.map(({ name, listeners }) => `${listeners} on ${name}`).join(", ")}: listeners are left, but nobody waits`,
  );
};

export const endedWaitsLeaveNoTrace: Violations = (seen) =>
  wrong(
    all(
      seen.asked.filter(({ ended, state }) => ended && (state === "live" || state === "released")),
      "were granted after their wait had ended",
    ),
    ...nothingLeftBehind(seen),
  );

/** Listeners, and with which error a wait ended, are no matter of races. */
export const racesHaveOneOutcome: Violations = (seen) => {
  const { asked, pending, closed, finished } = seen;
  const refused = asked.filter((one) => one.by === "acquire" && one.state === "rejected" && !one.ended);
  return wrong(
    all(
      pending.filter(({ ended }) => ended !== undefined),
      "still wait, though their wait was ended",
    ),
    !closed && all(refused, "rejected, though nobody ended the wait"),
    heldIsLent(seen),
    finished && all(pending, "wait for ever"),
  );
};

/** Everything is as the specification has it: who lives, who waits, who is gone, and who was served when. */
export const likeTheTwin: Violations = ({ subject, twin, asked, served, servedByTwin }) => {
  const lent = new Set(twin.lent.map(([id]) => id));
  const inLine = new Set(twin.line.map(([id]) => id));
  const acquired = asked.filter(({ by }) => by === "acquire");
  return wrong(
    all(
      acquired.filter(({ id, state }) => lent.has(id) && state === "pending"),
      "wait, but should be served",
    ),
    all(
      acquired.filter(({ id, state }) => lent.has(id) && state === "rejected"),
      "rejected, but should be served",
    ),
    all(
      acquired.filter(({ id, state }) => inLine.has(id) && state !== "pending"),
      "should wait",
    ),
    all(
      acquired.filter(
        ({ id, state }) => !lent.has(id) && !inLine.has(id) && (state === "pending" || state === "live"),
      ),
      "should be gone",
    ),
    served.join() !== servedByTwin.join() && `granted in the order ${served}, not ${servedByTwin}`,
    subject.held !== twin.held && `held is ${subject.held}, not ${twin.held}`,
    subject.waiting !== twin.waiting && `waiting is ${subject.waiting}, not ${twin.waiting}`,
  );
};

export const doomedAreRefused: Violations = (seen) => {
  const { asked, subject, pending } = seen;
  const doomed = asked.filter((one) => one.doomed);
  const waiting = pending.filter((one) => !one.doomed).length;
  return wrong(
    all(
      doomed.filter(({ state }) => state === "pending"),
      "wait for what can never be granted",
    ),
    all(
      doomed.filter(({ state }) => state === "live" || state === "released"),
      "were granted",
    ),
    subject.waiting !== waiting && `waiting is ${subject.waiting}, but ${waiting} have a reason to wait`,
    heldIsLent(seen),
    lineIsServed(seen),
  );
};

export const permitsGiveBackTheirOwn: Violations = (seen) =>
  wrong(
    all(
      seen.live.filter(({ weight, permit }) => permit?.weight !== weight),
      "say another weight than they have",
    ),
    heldIsLent(seen),
    seen.lent > seen.capacity && `${seen.lent} are lent, but only ${seen.capacity} exist`,
  );

export const closedForGood: Violations = (seen) => {
  const late = seen.asked.filter(({ afterClose }) => afterClose);
  return wrong(
    seen.closed && all(seen.pending, "still wait, though it is closed"),
    all(
      late.filter(({ state }) => state === "live" || state === "released"),
      "were granted after the close",
    ),
    heldIsLent(seen),
    seen.idleWaits.some(({ resolved, sawZero }) => resolved && !sawZero && seen.lent > 0) &&
      `said to be idle while ${seen.lent} are held`,
    seen.lent === 0 &&
      seen.idleWaits.some(({ resolved }) => !resolved) &&
      "nothing is held, but whenIdle still waits",
  );
};

export const nobodyBarges: Violations = ({ asked }) =>
  wrong(
    all(
      asked.filter((one) => one.by === "tryAcquire" && one.waitedFor > 0 && one.state !== "rejected"),
      "got by with tryAcquire while others waited",
    ),
  );

export const lineInBounds: Violations = ({ subject, twin }) =>
  wrong(subject.waiting > twin.maxWaiting && `${subject.waiting} wait, but at most ${twin.maxWaiting} may`);

export const overloadIsShed: Violations = (seen) => {
  const shed = seen.asked.filter(({ expected, by }) => by === "acquire" && expected === "overloaded");
  return wrong(
    ...lineInBounds(seen),
    all(
      shed.filter(({ state }) => state !== "rejected"),
      "came to a full line and were not shed",
    ),
    all(
      shed.filter(({ state, error }) => state === "rejected" && codeOf(error) !== "ERR_OVERLOADED"),
      "were shed with an error whose code is not ERR_OVERLOADED",
    ),
    ...likeTheTwin(seen),
  );
};

export const codeOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "code" in error ? error.code : undefined;

export const wholeIsGranted: Violations = ({ pending, capacity, releases, finished }) => {
  const whole = pending.filter(({ weight }) => weight === capacity);
  return wrong(
    all(
      whole.filter(({ ahead, releasesBefore }) => releases - releasesBefore >= ahead),
      "want the whole capacity and still wait, though everyone ahead has given back",
    ),
    finished && all(whole, "want the whole capacity and wait for ever"),
  );
};
