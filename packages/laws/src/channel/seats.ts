import type { Accounts, Seen } from "./accounts.js";
import { type Ends, follow, offer, shown, waitOf } from "./offering.js";

/** Asks for a seat. The twin knows seats by negative numbers. */
export function reserve(on: Accounts, weight: number, { signal }: Ends): void {
  if (!on.subject.reserve) throw new Error("there is no reserve(): waive the law, and say why");
  const id = on.seats.length + 1;
  const seen: Seen = { id, party: on.party, weight, signal, timed: false, asks: false, state: "pending" };
  on.seats.push(seen);
  on.tell(`somebody reserves seat ${id} of ${weight}${shown({ signal })}`);
  follow(on, on.twin.reserve(-id, weight));
  on.subject.reserve({ ...waitOf({ signal }), weight }).then(
    (seat) => {
      seen.state = "held";
      seen.seat = seat;
      on.tell(`  seat ${id} is held`);
    },
    (error: unknown) => {
      seen.state = "refused";
      seen.error = error;
      on.tell(`  seat ${id} is refused: ${String(error)}`);
      follow(on, on.twin.vacate(-id));
    },
  );
}

/** Asks for nothing but to know that there is room. The twin knows who asks as it knows seats. */
export function askForRoom(on: Accounts, { signal }: Ends): void {
  if (!on.subject.whenRoom) throw new Error("there is no whenRoom(): waive the law, and say why");
  const id = on.seats.length + 1;
  const { party } = on;
  const seen: Seen = { id, party, weight: 1, signal, timed: false, asks: true, state: "pending" };
  on.seats.push(seen);
  on.tell(`somebody waits for room, as ${id}${shown({ signal })}`);
  follow(on, on.twin.inquire(-id));
  on.subject.whenRoom(waitOf({ signal })).then(
    (answer) => {
      seen.state = "over";
      seen.answer = answer;
      on.tell(`  ${id} is told ${answer}`);
    },
    (error: unknown) => {
      seen.state = "refused";
      seen.error = error;
      on.tell(`  ${id} is refused: ${String(error)}`);
      follow(on, on.twin.withdraw(-id));
    },
  );
}

interface Use {
  readonly sender: number;
  readonly weight: number;
  readonly pick: number;
}

/** Sends an item that is no heavier than the seat; the seat is given up afterwards, which must do nothing. */
export function useSeat(on: Accounts, { sender, weight, pick }: Use): void {
  const held = on.own(on.held);
  const seen = held[pick % Math.max(1, held.length)];
  if (!seen) return;
  seen.state = "over";
  on.tell(`seat ${seen.id} is used`);
  const sent = offer(on, "seat", sender, Math.min(weight, seen.weight), false, {});
  follow(on, on.twin.use(-seen.id, sent.id, sent.parcel.weight));
  try {
    seen.seat?.send(sent.parcel);
    on.acceptedBy(sent);
  } catch (error) {
    on.refused(sent, error);
  }
  seen.seat?.release();
}

/** Gives a seat up, twice: the second time must do nothing. */
export function giveUpSeat(on: Accounts, pick: number): void {
  const held = on.own(on.held);
  const seen = held[pick % Math.max(1, held.length)];
  if (!seen) return;
  seen.state = "over";
  on.tell(`seat ${seen.id} is given up`);
  follow(on, on.twin.vacate(-seen.id));
  seen.seat?.release();
  seen.seat?.release();
}
