import { OverloadedError, WaitingLine, type WaitOptions } from "@sluice/semaphore";
import { atEnd, closedError, type End, phaseOf, type Wanted } from "./ending.js";
import { Hold, report } from "./hold.js";
import type { checked } from "./options.js";
import { ROOM, SEAT, Seat } from "./seat.js";
import { type Lease, NOTHING, Share } from "./share.js";
import type { ChannelSnapshot } from "./snapshot.js";

//  Between any two operations:
//  - receivers wait only while nothing is buffered and the oldest sender that waits brings no item;
//  - senders wait only while the channel is open, and the oldest of them has no room, in the channel or in its budget,
//    or more than `lowWater` is still buffered.

/** Where the items are: inside, or with the senders that wait. Every move of one is a method here. */
export class Core<T> {
  readonly options: ReturnType<typeof checked<T>>;
  end: End | undefined;
  readonly counts = { sent: 0, received: 0, dropped: 0, rejected: 0 };
  readonly #hold: Hold<T>;
  readonly #share: Share | undefined;
  readonly #senders = new WaitingLine<unknown, T | symbol>(() => this.#admit());
  /** The load says in which form the item is wanted. */
  readonly #receivers = new WaitingLine<unknown, Wanted>(() => undefined);

  constructor(options: ReturnType<typeof checked<T>>) {
    const { capacity, budget } = options;
    this.options = options;
    this.#hold = new Hold(capacity, budget !== undefined, this.counts);
    this.#share =
      budget &&
      new Share(
        budget,
        () => this.#admit(),
        (why) => this.#refuseHead(why),
      );
  }

  isEmpty(): boolean {
    if (this.#hold.size > 0) return false;
    const load = this.#senders.head?.load ?? ROOM;
    return load === ROOM || load === SEAT;
  }

  /** Whether nothing will ever come. */
  isOver(): boolean {
    return this.end !== undefined && this.#hold.size + this.#hold.reserved === 0;
  }

  /** Room for somebody who comes now, if there is some; its part of the budget comes with it. */
  enter(weight: number, meets = false): Lease | undefined {
    if (meets && this.#senders.size === 0 && this.#receivers.size > 0) return NOTHING;
    if (this.#senders.size > 0 || weight > this.#hold.free) return undefined;
    return this.options.budget ? this.options.budget.tryAcquire(weight) : NOTHING;
  }

  /** Stands in line for room. */
  queue<Answer>(weight: number, load: T | symbol, options: WaitOptions): Promise<Answer> {
    const { size } = this.#senders;
    if (size >= this.options.maxWaiting) throw new OverloadedError(size, undefined, this.options.name);
    const answer = this.#senders.park(weight, load, options) as Promise<Answer>;
    if (this.#share) this.#admit(); // to ask the budget
    return answer;
  }

  /** Waits for an item. */
  await<Answer>(wanted: Wanted, options: WaitOptions): Promise<Answer> {
    const answer = this.#receivers.park(1, wanted, options) as Promise<Answer>;
    this.#admit(); // at a rendezvous somebody may wait for this
    return answer;
  }

  /** Takes the item in now, or not at all. */
  accept(item: T, weight: number): boolean {
    // Nobody overtakes who waits. Where senders never do, there are only seats in line, which bring no items.
    if (this.#receivers.size > 0 && (this.#senders.size === 0 || this.options.whenFull !== "wait")) {
      this.#handOver(item);
      return true;
    }
    const lease = this.enter(weight);
    if (lease === undefined) return false;
    this.#hold.store(item, weight, lease);
    return true;
  }

  /** Takes in an item that does not fit, by dropping what the mode names. */
  overflow(item: T, weight: number): true {
    const { whenFull, onUndelivered } = this.options;
    // Who waits for a seat has a right to the room that is free: the item gets what it drops, and no more.
    const lost = this.#hold.lose(weight - (this.#senders.size > 0 ? 0 : this.#hold.free), whenFull);
    const dropped = lost ?? [item];
    if (lost) this.#hold.store(item, weight, NOTHING);
    else this.counts.sent++;
    this.counts.dropped += dropped.length;
    this.#admit();
    for (const one of dropped) report(onUndelivered, one, "dropped");
    return true;
  }

  /** The oldest item. There must be one. */
  take(): T {
    this.counts.received++;
    if (this.#hold.size > 0) {
      const item = this.#hold.shift();
      this.#admit();
      return item;
    }
    // A sender beside an empty buffer: at a rendezvous, or held up by seats or the budget. It goes from hand to hand.
    const item = this.#senders.head!.load as T;
    this.counts.sent++;
    this.#senders.serve(undefined);
    this.#admit();
    return item;
  }

  /** Room without an item, of which there must be enough. */
  reserve(weight: number, lease: Lease): Seat<T> {
    this.#hold.reserved += weight;
    return new Seat(weight, this, lease);
  }

  /** An item takes the place of its seat. */
  occupy(seat: number, item: T, weight: number, lease: Lease): void {
    const met = this.#receivers.size > 0;
    if (met || this.end?.by === "cancel") lease.release();
    else if (weight < seat) lease.shrink?.(weight);
    if (this.end?.by === "cancel") {
      this.counts.sent++;
      report(this.options.onUndelivered, item, "cancelled");
      return;
    }
    this.#hold.reserved -= seat;
    if (met) this.#handOver(item);
    else this.#hold.store(item, weight, lease);
    this.#settle();
  }

  vacate(seat: number, lease: Lease): void {
    lease.release();
    if (this.end?.by === "cancel") return;
    this.#hold.reserved -= seat;
    this.#settle();
  }

  finish(end: End): void {
    if (this.end && (end.by !== "cancel" || this.end.by === "cancel" || this.isOver())) return;
    this.end = end;
    for (let head = this.#senders.head; head; head = this.#senders.head) {
      this.#senders.serve(head.load === ROOM ? false : Promise.reject(closedError(end, this.options.name)));
    }
    const lost: T[] = [];
    if (end.by === "cancel") {
      this.#hold.reserved = 0;
      while (this.#hold.size > 0) lost.push(this.#hold.shift());
    }
    this.#settle();
    for (const item of lost) report(this.options.onUndelivered, item, "cancelled");
  }

  /** What a receiver gets at the end. */
  atEnd<Answer>(wanted: Wanted): Promise<Answer> {
    return atEnd(wanted, this.end, this.options.name) as Promise<Answer>;
  }

  snapshot(): ChannelSnapshot {
    return {
      name: this.options.name,
      phase: phaseOf(this.end, this.isOver()),
      ...this.#hold.snapshot(),
      waitingSenders: this.#senders.size,
      waitingReceivers: this.#receivers.size,
      ...this.counts,
    };
  }

  #handOver(item: T): void {
    this.counts.sent++;
    this.counts.received++;
    const { load } = this.#receivers.head!;
    this.#receivers.serve(load === "item" ? item : load === "many" ? [item] : { done: false, value: item });
  }

  /** Lets in whoever waits and has room now, the oldest first. */
  #admit(): void {
    const awake = this.#hold.weight <= this.options.lowWater;
    for (;;) {
      const { head } = this.#senders;
      this.#share?.keep(head);
      if (head === undefined) return;
      const { load, weight } = head;
      const met = load !== SEAT && this.#receivers.size > 0;
      const lease = met ? NOTHING : awake && this.#roomFor(head);
      if (!lease) return;
      const answer = load === SEAT ? this.reserve(weight, lease) : true;
      if (load === ROOM) lease.release();
      else if (load !== SEAT && !met) this.#hold.store(load as T, weight, lease);
      this.#senders.serve(answer);
      if (met && load !== ROOM) this.#handOver(load as T);
    }
  }

  #roomFor(head: { readonly weight: number }): Lease | undefined {
    if (head.weight > this.#hold.free) return undefined;
    return this.#share ? this.#share.take(head, head.weight) : NOTHING;
  }

  #refuseHead(reason: unknown): void {
    this.#senders.serve(Promise.reject(reason));
    this.#admit();
  }

  /** Room became free, or the end came: whoever waits for either is served. */
  #settle(): void {
    this.#admit();
    if (!this.isOver()) return;
    for (let head = this.#receivers.head; head; head = this.#receivers.head) {
      this.#receivers.serve(this.atEnd(head.load));
    }
  }
}
