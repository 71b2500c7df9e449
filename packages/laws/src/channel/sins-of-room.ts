import { ReferenceChannel } from "./reference.js";
import { decides, treats } from "./sinner.js";
import type { Parcel } from "./subject.js";
import { type Move, SlowChannel } from "./twin.js";

export const C15_SINNERS = [
  decides(
    "wakes whoever fits, whatever the low-water mark",
    class extends SlowChannel {
      override settle() {
        return super.settle(true);
      }
    },
  ),
  decides(
    "goes back to sleep with the first whom it has let in",
    class extends SlowChannel {
      override next() {
        this.awake = false;
        return super.next();
      }
    },
  ),
  decides(
    "sleeps until less than the mark is there, so for ever at a mark of 0",
    class extends SlowChannel {
      override next() {
        return !this.awake &&
          this.buffered === this.lowWater &&
          !(this.line[0]?.accepted && this.takers.length > 0)
          ? undefined
          : super.next();
      }
    },
  ),
  decides(
    "lets who comes while there is room wait for the mark",
    class extends SlowChannel {
      override settle() {
        return super.settle(false);
      }
    },
  ),
  decides(
    "lets who comes while there is room overtake those who wait for the mark",
    class extends SlowChannel {
      override join(incoming: SlowChannel["line"][number]) {
        if (!this.fits(incoming.weight)) return super.join(incoming);
        const accepted = this.line.filter((offer) => offer.accepted);
        this.line = [...accepted, incoming, ...this.line.filter((offer) => !offer.accepted)];
        return this.settle(true);
      }
    },
  ),
];

export const C16_SINNERS = [
  treats(
    "says that there is room without looking",
    class extends ReferenceChannel<Parcel> {
      override whenRoom() {
        return Promise.resolve(!this.twin.end);
      }
    },
  ),
  treats(
    "says that there is room after the end",
    class extends ReferenceChannel<Parcel> {
      override whenRoom() {
        return super.whenRoom().then(() => true);
      }
    },
  ),
  treats(
    "leaves who waits for room waiting when it is closed",
    class extends ReferenceChannel<Parcel> {
      protected override refuse(offer: number, why?: "doomed" | "ended" | "full") {
        if (!this.askers.delete(offer)) super.refuse(offer, why);
      }
    },
  ),
  decides(
    "holds the room that it tells of",
    class extends SlowChannel {
      override answer(offer: SlowChannel["line"][number]): Move[] {
        if (this.takers.length > 0) return super.answer(offer);
        const { id, weight } = offer;
        this.line = [
          { id, weight, accepted: true, seat: true },
          ...this.line.filter((other) => other !== offer),
        ];
        return [{ does: "accept", offer: id }];
      }
    },
  ),
  decides(
    "does not count a receiver for room",
    class extends SlowChannel {
      override answer(offer: SlowChannel["line"][number]): Move[] {
        return this.fits(offer.weight) ? super.answer(offer) : [];
      }
      override settle(awake?: boolean): Move[] {
        const { takers } = this;
        const stuck = this.line.find(({ accepted }) => !accepted)?.asks && !this.fits(1);
        if (stuck && takers.length > 0) return [];
        return super.settle(awake);
      }
    },
  ),
  decides(
    "lets who asks for room overtake the items that wait",
    class extends SlowChannel {
      override inquire(id: number): Move[] {
        return !this.end && this.fits(1) ? [{ does: "accept", offer: id }] : super.inquire(id);
      }
    },
  ),
];

export const C17_SINNERS = [
  treats(
    "gives more than was asked for",
    class extends ReferenceChannel<Parcel> {
      override drain(max: number) {
        return super.drain(max + 1);
      }
    },
  ),
  treats(
    "gives one at a time, however many are there",
    class extends ReferenceChannel<Parcel> {
      override drain() {
        return super.drain(1);
      }
    },
  ),
  treats(
    "gives the newest first",
    class extends ReferenceChannel<Parcel> {
      override drain(max: number) {
        return super.drain(max).reverse();
      }
    },
  ),
  treats(
    "gives nothing when nothing is there, instead of waiting",
    class extends ReferenceChannel<Parcel> {
      override receiveMany(max: number) {
        return Promise.resolve(this.drain(max));
      }
    },
  ),
  treats(
    "waits until there are as many as were asked for",
    class extends ReferenceChannel<Parcel> {
      override async receiveMany(max: number) {
        const items = [await this.receive()];
        while (items.length < max) items.push(await this.receive());
        return items;
      }
    },
  ),
  treats(
    "throws at the end",
    class extends ReferenceChannel<Parcel> {
      override async receiveMany(max: number) {
        const items = this.drain(max);
        return items.length > 0 ? items : [await this.receive()];
      }
    },
  ),
  treats(
    "loses what it takes beyond the first",
    class extends ReferenceChannel<Parcel> {
      override drain(max: number) {
        return super.drain(max).slice(0, 1);
      }
    },
  ),
];
