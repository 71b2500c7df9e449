import type * as trial from "../trial.js";
import type { Accounts } from "./accounts.js";
import { receivers, wrong } from "./found.js";

type Violations = trial.Violations<Accounts>;

const list = (ids: readonly number[]): string => (ids.length > 0 ? ids.join() : "none");
const differs = (what: string, found: readonly number[], right: readonly number[]): string | false =>
  list(found) !== list(right) && `${what}: ${list(found)}; right is ${list(right)}`;

const waitingInTwin = ({ twin }: Accounts): number[] =>
  twin.line.filter(({ accepted }) => !accepted).map(({ id }) => id);

export const woken: Violations = (seen) => {
  const items = seen.sending.map(({ id }) => id);
  return wrong(differs("items that wait", items, waitingInTwin(seen)));
};

/** Who asks holds nothing, so the items that wait are those of the twin, which holds nothing either. */
export const toldOfRoom: Violations = (seen) => {
  const waiting = waitingInTwin(seen);
  const told = seen.seats.filter(({ answer, expected }) => answer !== undefined && answer !== expected);
  return wrong(
    told.length > 0 && `${told[0]?.id} was told ${told[0]?.answer}, though it is ${told[0]?.expected}`,
    differs(
      "those who wait to be told",
      seen.reserving.map(({ id }) => id),
      waiting.filter((id) => id < 0).map((id) => -id),
    ),
    differs(
      "items that wait",
      seen.sending.map(({ id }) => id),
      waiting.filter((id) => id > 0),
    ),
  );
};

export const batched: Violations = (seen) => {
  const { received, receivedByTwin, taken, taking, twin, end } = seen;
  const ended = taken.filter(({ by, state }) => by === "many" && state === "ended");
  return wrong(
    differs(
      "received were items",
      received.map(({ id }) => id),
      receivedByTwin,
    ),
    receivers(
      ended.filter(({ done }) => !done),
      "was refused",
    ),
    receivers(
      ended.filter(({ endedEarly }) => endedEarly || end === undefined),
      "got nothing, though the end has not come",
    ),
    taking.length !== twin.takers.length &&
      `${taking.length} wait to receive; right is ${twin.takers.length}`,
  );
};

/** As long as nobody sets a low-water mark, the only reason to wait is that there is no room. */
export const oldestHasNoRoom: Violations = ({ sending, inside, capacity, end }) => {
  const [head] = sending;
  const free = capacity - inside.reduce((sum, { parcel }) => sum + parcel.weight, 0);
  return wrong(
    head !== undefined &&
      !end &&
      head.parcel.weight <= free &&
      `item ${head.id} of ${head.parcel.weight} waits to be sent, though ${free} are free`,
  );
};
