import { ReferenceChannel } from "./reference.js";
import { decides, treats } from "./sinner.js";
import type { Parcel } from "./subject.js";
import { type Move, SlowChannel } from "./twin.js";

export const C1_SINNERS = [
  treats(
    "drops the item when a send meets an abort of the receiver that it woke",
    class extends ReferenceChannel<Parcel> {
      protected override deliver(offer: number, taker: number) {
        const item = this.itemOf(offer);
        queueMicrotask(() => this.receivers.get(taker)?.resolve(item));
      }
    },
  ),
  decides(
    "hands out the newest first",
    class extends SlowChannel {
      override take(id: number) {
        this.line.sort((one, other) => Number(other.accepted) - Number(one.accepted) || other.id - one.id);
        return super.take(id);
      }
    },
  ),
  treats(
    "hands an item to two receivers, if two wait",
    class extends ReferenceChannel<Parcel> {
      protected override deliver(offer: number, taker: number) {
        const item = this.itemOf(offer);
        const [second] = this.twin.takers;
        this.receivers.get(taker)?.resolve(item);
        if (second === undefined) return;
        this.twin.takers.shift();
        this.receivers.get(second)?.resolve(item);
      }
    },
  ),
  decides(
    "overwrites the last item when it is full",
    class extends SlowChannel {
      override offer(id: number, weight: number) {
        const last = this.line.at(-1);
        if (last && this.buffered + weight > this.capacity) this.line.pop();
        return super.offer(id, weight);
      }
    },
  ),
  decides(
    "forgets the waiting sender when an item leaves",
    class extends SlowChannel {
      override next(): Move[] | undefined {
        const moves = super.next();
        return moves?.length === 1 && moves[0]?.does === "accept" && moves[0].offer !== this.newest
          ? this.unaccept(moves[0].offer)
          : moves;
      }
      newest = 0;
      override offer(id: number, weight: number) {
        this.newest = id;
        return super.offer(id, weight);
      }
      unaccept(id: number): undefined {
        this.line = this.line.filter((offer) => offer.id !== id);
      }
    },
  ),
];

export const C2_SINNERS = [
  decides(
    "is off by one",
    class extends SlowChannel {
      override fits(weight: number) {
        return this.buffered + weight <= this.capacity + 1;
      }
    },
  ),
  decides(
    "accepts as long as anything is free, however heavy the item",
    class extends SlowChannel {
      override fits() {
        return this.buffered < this.capacity;
      }
    },
  ),
  decides(
    "buffers one item at a rendezvous",
    class extends SlowChannel {
      override fits(weight: number) {
        return this.capacity === 0 ? this.buffered === 0 : super.fits(weight);
      }
    },
  ),
  decides(
    "counts items instead of their weights",
    class extends SlowChannel {
      override fits() {
        return this.line.filter(({ accepted }) => accepted).length < this.capacity;
      }
    },
  ),
];

export const C6_SINNERS = [
  treats(
    "measures again at dequeue",
    class extends ReferenceChannel<Parcel> {
      protected override deliver(offer: number, taker: number) {
        const item = this.items.get(offer);
        if (item) this.options.weigh(item);
        super.deliver(offer, taker);
      }
    },
  ),
  treats(
    "measures once to see whether it fits and once to take it in",
    class extends ReferenceChannel<Parcel> {
      override trySend(item: Parcel) {
        return this.twin.fits(this.options.weigh(item)) && super.trySend(item);
      }
    },
  ),
];

export const C11_SINNERS = [
  decides(
    "wakes the sender who came last",
    class extends SlowChannel {
      override next() {
        const waiting = this.line.filter(({ accepted }) => !accepted);
        this.line = [...this.line.filter(({ accepted }) => accepted), ...waiting.reverse()];
        const moves = super.next();
        const rest = this.line.filter(({ accepted }) => !accepted);
        this.line = [...this.line.filter(({ accepted }) => accepted), ...rest.reverse()];
        return moves;
      }
    },
  ),
  decides(
    "wakes the receiver who came last",
    class extends SlowChannel {
      override next() {
        this.takers.reverse();
        const moves = super.next();
        this.takers.reverse();
        return moves;
      }
    },
  ),
  decides(
    "lets a light item overtake a heavy one that waits",
    class extends SlowChannel {
      override next() {
        const moves = super.next();
        const fitting = moves
          ? undefined
          : this.line.find(({ accepted, weight }) => !accepted && this.fits(weight));
        if (!fitting) return moves;
        fitting.accepted = true;
        return [{ does: "accept", offer: fitting.id } as const];
      }
    },
  ),
];

export const C14_SINNERS = [
  decides(
    "lets an item wait that will never fit",
    class extends SlowChannel {
      override dooms() {
        return false;
      }
    },
  ),
  decides(
    "cuts the weight of an item that is too heavy down to the capacity",
    class extends SlowChannel {
      override offer(id: number, weight: number) {
        return super.offer(id, this.capacity === 0 ? weight : Math.min(weight, this.capacity));
      }
    },
  ),
];
