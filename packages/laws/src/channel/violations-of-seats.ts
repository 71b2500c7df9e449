import type * as trial from "../trial.js";
import type { Accounts } from "./accounts.js";
import { items, receivers, wrong } from "./found.js";

type Violations = trial.Violations<Accounts>;

const list = (ids: readonly number[]): string => (ids.length > 0 ? ids.join() : "none");

/** A seat is as good as an item, for everybody but its holder: who waits and who does not is what the twin says. */
export const seatsHoldRoom: Violations = (seen) => {
  const { sent, sending, reserving, held, inside, taking, capacity, twin, end } = seen;
  const weight =
    inside.reduce((sum, { parcel }) => sum + parcel.weight, 0) +
    held.reduce((sum, one) => sum + one.weight, 0);
  const waiting = twin.line.filter(({ accepted }) => !accepted).map(({ id }) => id);
  const [items_, seats] = [waiting.filter((id) => id > 0), waiting.filter((id) => id < 0).map((id) => -id)];
  const [sendingIds, seatIds] = [sending.map(({ id }) => id), reserving.map(({ id }) => id)];
  const [received, right] = [seen.received.map(({ id }) => id), seen.receivedByTwin];
  return wrong(
    end !== "cancel" && weight > capacity && `${weight} are inside or reserved; the capacity is ${capacity}`,
    items(
      sent.filter(({ by, state }) => by === "seat" && state !== "accepted"),
      "had a seat, and was not sent at once",
    ),
    list(sendingIds) !== list(items_) && `items that wait: ${list(sendingIds)}; right is ${list(items_)}`,
    list(seatIds) !== list(seats) && `seats that wait: ${list(seatIds)}; right is ${list(seats)}`,
    receivers(
      seen.taken.filter(({ endedEarly, state }) => endedEarly && state === "ended"),
      "heard of the end while an item or a seat was there",
    ),
    taking.length !== twin.takers.length &&
      `${taking.length} wait to receive; right is ${twin.takers.length}`,
    list(received) !== list(right) && `received were items ${list(received)}; not ${list(right)}`,
    end === "cancel" && items(inside, "was accepted and neither received nor handed to onUndelivered"),
  );
};
