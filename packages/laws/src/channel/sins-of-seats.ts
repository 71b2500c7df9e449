import { Refusal } from "../semaphore/reference.js";
import { ReferenceChannel } from "./reference.js";
import { decides, treats } from "./sinner.js";
import type { Parcel } from "./subject.js";
import { type Move, SlowChannel } from "./twin.js";

export const C10_SINNERS = [
  decides(
    "leaks the room of a seat that is given up",
    class extends SlowChannel {
      override vacate(seat: number) {
        return this.line.some(({ id, accepted }) => id === seat && accepted) ? [] : super.vacate(seat);
      }
    },
  ),
  decides(
    "holds no room for a seat",
    class extends SlowChannel {
      override get buffered() {
        return this.line.reduce(
          (sum, { weight, accepted, seat }) => sum + (accepted && !seat ? weight : 0),
          0,
        );
      }
    },
  ),
  decides(
    "lets who has a seat wait in line again",
    class extends SlowChannel {
      override use(seat: number, id: number, weight: number) {
        const moves = super.withdraw(seat);
        return this.end ? super.use(seat, id, weight) : [...moves, ...super.offer(id, weight)];
      }
    },
  ),
  decides(
    "keeps what the item leaves of its seat",
    class extends SlowChannel {
      override use(seat: number, id: number, weight: number) {
        const whole = this.line.find((offer) => offer.id === seat)?.weight ?? weight;
        return super.use(seat, id, whole);
      }
    },
  ),
  decides(
    "serves nobody when a seat is given up",
    class extends SlowChannel {
      override vacate(seat: number): Move[] {
        this.line = this.line.filter(({ id }) => id !== seat);
        return [];
      }
    },
  ),
  decides(
    "lets seats overtake the items that wait",
    class extends SlowChannel {
      override reserve(id: number, weight: number): Move[] {
        if (this.end || !this.fits(weight)) return super.reserve(id, weight);
        this.line.unshift({ id, weight, accepted: true, seat: true });
        return [{ does: "accept", offer: id }];
      }
    },
  ),
  decides(
    "tells receivers of the end while a seat is held",
    class extends SlowChannel {
      override next(): Move[] | undefined {
        const [taker] = this.takers;
        if (!this.end || taker === undefined || this.line.some(({ seat }) => !seat)) return super.next();
        this.takers.shift();
        return [{ does: "end", taker }];
      }
    },
  ),
  treats(
    "refuses the item of a seat after the end",
    class extends ReferenceChannel<Parcel> {
      protected override seat(seat: number) {
        const { send, release } = super.seat(seat);
        return {
          release,
          send: (item: Parcel) => {
            if (this.twin.end) throw new Refusal("ERR_CLOSED");
            send(item);
          },
        };
      }
    },
  ),
  treats(
    "goes on to hold the seat of an aborted wait",
    class extends ReferenceChannel<Parcel> {
      protected override withdraw() {}
    },
  ),
];
