import type * as trial from "../trial.js";
import type { Accounts, Sent, Taken } from "./accounts.js";
import { items, receivers, wrong } from "./found.js";

type Violations = trial.Violations<Accounts>;

/** What goes in comes out once, if it was accepted; and nobody waits for what is there. */
const nothingLost: Violations = ({ sent, inside, sending, taking, strangers, finished, end }) => {
  const first = taking[0];
  return wrong(
    strangers > 0 && "something came out that never went in",
    items(
      sent.filter(({ received }) => received > 1),
      "was received more than once",
    ),
    items(
      sent.filter(({ received, state }) => received > 0 && state === "refused"),
      "was received, though it had been refused",
    ),
    items(
      sent.filter(({ received, state }) => received > 0 && state === "pending"),
      "was received, but its send still waits",
    ),
    first !== undefined && items(inside, `is inside, but receiver ${first.id} waits`),
    first !== undefined && items(sending, `waits to be sent, but receiver ${first.id} waits`),
    finished && items(inside, "was accepted and never came out"),
    finished && end !== "cancel" && items(sending, "waits to be sent for ever"),
  );
};

const perSender = (ids: readonly number[], sent: readonly Sent[]): string =>
  [0, 1, 2].map((sender) => ids.filter((id) => sent[id - 1]?.sender === sender).join()).join(" and ");

export const nothingLostInOrder: Violations = (seen) => {
  const ids = seen.received.map(({ id }) => id);
  const [ours, twins] = [perSender(ids, seen.sent), perSender(seen.receivedByTwin, seen.sent)];
  return wrong(
    ...nothingLost(seen),
    ours !== twins && `received, sender by sender, were items ${ours}; not ${twins}`,
  );
};

export const nothingLostInRaces: Violations = nothingLost;

export const bufferInBounds: Violations = ({ inside, capacity }) => {
  const weight = inside.reduce((sum, { parcel }) => sum + parcel.weight, 0);
  return wrong(weight > capacity && `${weight} are accepted and not received; the capacity is ${capacity}`);
};

/** What must be true of waits that somebody ended, whoever won the race. */
const endedWaits: Violations = (seen) => {
  const both = [...seen.sent, ...seen.taken];
  const foreign = (one: Sent | Taken) =>
    one.ended === "abort" &&
    (one.state === "refused" || one.state === "left") &&
    one.error !== one.signal?.reason;
  return wrong(
    items(
      seen.sent.filter((one) => one.ended && one.state === "pending"),
      "still waits to be sent, though the wait was ended",
    ),
    receivers(
      seen.taken.filter((one) => one.ended && one.state === "pending"),
      "still waits, though the wait was ended",
    ),
    !seen.end && both.some(foreign) && "an aborted wait rejected with something other than signal.reason",
    ...nothingLost(seen),
  );
};

export const endedWaitsDidNothing: Violations = (seen) =>
  wrong(
    items(
      seen.sent.filter((one) => one.ended && one.state === "accepted"),
      "was sent, though the wait had been ended",
    ),
    items(
      seen.sent.filter((one) => one.ended && one.received > 0),
      "was delivered, though its send had been ended",
    ),
    receivers(
      seen.taken.filter((one) => one.ended && one.state === "got"),
      "got something, though the wait had been ended",
    ),
    ...endedWaits(seen),
  );

export const endedWaitsInRaces: Violations = endedWaits;

export const weighedOnce: Violations = ({ sent }) =>
  wrong(
    items(
      sent.filter(({ weighed }) => weighed > 1),
      "was weighed more than once",
    ),
    items(
      sent.filter(({ weighed, state }) => weighed === 0 && state === "accepted"),
      "was accepted without being weighed",
    ),
  );

export const passed = (
  served: readonly { id: number }[],
  waiting: readonly { id: number }[],
): [number, number][] =>
  served.flatMap(({ id }, place) =>
    [...served.slice(place + 1), ...waiting]
      .filter((other) => other.id < id)
      .map((other): [number, number] => [id, other.id]),
  );

export const bothLinesInOrder: Violations = ({ accepted, sending, got, taking }) => {
  const sends = passed(
    accepted.filter(({ by }) => by === "send"),
    sending,
  );
  return [
    ...sends.map(([first, other]) => `item ${first} was accepted before item ${other}, which came earlier`),
    ...passed(got, taking).map(
      ([first, other]) => `receiver ${first} was served before receiver ${other}, which came earlier`,
    ),
  ];
};

export const heavyIsRefused: Violations = ({ sent, sending, inside, capacity }) => {
  const doomed = sent.filter((one) => one.doomed && capacity > 0);
  const head = sending.find((one) => !one.doomed);
  const room = capacity - inside.reduce((sum, { parcel }) => sum + parcel.weight, 0);
  return wrong(
    items(
      doomed.filter(({ state }) => state === "pending"),
      "waits for room that will never be",
    ),
    items(
      doomed.filter(({ state, received }) => state === "accepted" || received > 0),
      "was accepted, though it is heavier than the capacity",
    ),
    inside.length === 0 && head !== undefined && head.parcel.weight <= room && `item ${head.id} is held up`,
  );
};
