import {
  type ClosedError,
  OverloadedError,
  type Settle,
  type Ticket,
  WaitingLine,
  type WaitOptions,
} from "@sluice/semaphore";
import { atEnd, closedError, type End, phaseOf, type Wanted } from "./ending.js";
import { hand } from "./hand.js";
import { Hold, report } from "./hold.js";
import { type checked, weightOf } from "./options.js";
import { ROOM, SEAT, Seat } from "./seat.js";
import { type Lease, NOTHING, Share } from "./share.js";
import type { ChannelSnapshot } from "./snapshot.js";
import { Turns } from "./turns.js";

//  Between any two operations:
//  - receivers wait only while nothing is buffered and the oldest sender that waits brings no item;
//  - senders wait only while the channel is open, and the oldest of them has no room, in the channel or in its budget,
//    or more than `lowWater` is still buffered.
//
//  Whoever is served is out of line, and what is moved has arrived, before anybody is woken.

/** Where a channel, or a half of one, keeps what is in common. */
export const CORE = Symbol();

/** Where the items are: inside, or with the senders that wait. Every move of one is a method here. */
export class Core<T> {
  readonly options: ReturnType<typeof checked<T>>;
  end: End | undefined;
  rejected = 0;
  readonly turns = new Turns();
  #sent = 0;
  #undelivered = 0;
  #dropped = 0;
  readonly #hold: Hold<T>;
  readonly #share: Share | undefined;
  readonly #senders = new WaitingLine<unknown, T | symbol>(() => this.admit());
  /** The load says in which form the item is wanted, or takes it. */
  readonly #receivers = new WaitingLine<unknown, Wanted | ((item: T) => void)>();
  #listeners: WaitingLine<ClosedError> | undefined;

  constructor(options: ReturnType<typeof checked<T>>) {
    const { capacity, budget, weigh } = options;
    this.options = options;
    this.#hold = new Hold(capacity, weigh !== undefined, budget !== undefined);
    this.#share =
      budget &&
      new Share(
        budget,
        () => this.admit(),
        (why) => this.#refuseHead(why),
      );
  }

  /** Whether there is an item for who receives now. */
  hasItem(): boolean {
    if (this.#hold.size > 0) return true;
    if (this.#senders.size === 0) return false;
    if (this.#senders.headLoad === ROOM) this.#announce();
    return this.#hold.size > 0 || (this.#senders.size > 0 && this.#senders.headLoad !== SEAT);
  }

  /** Whether nothing will ever come. */
  isOver(): boolean {
    return this.end !== undefined && this.#hold.size + this.#hold.reserved === 0;
  }

  weightOf(item: T): number {
    return this.options.weigh === undefined ? 1 : weightOf(item, this.options);
  }

  /** Room for somebody who comes now, if there is some; its part of the budget comes with it. */
  enter(weight: number): Lease | undefined {
    if (this.#senders.size > 0 || weight > this.#hold.free) return undefined;
    return this.options.budget === undefined ? NOTHING : this.options.budget.tryAcquire(weight);
  }

  /** Whether an item that comes now would be taken in at once. */
  hasRoom(): boolean {
    if (this.#senders.size === 0 && this.#receivers.size > 0) return true;
    const lease = this.enter(1);
    lease?.release();
    return lease !== undefined;
  }

  /** Stands in line for room. */
  queue<Answer>(weight: number, load: T | symbol, options?: WaitOptions): Promise<Answer> {
    this.#checkLine();
    const answer = this.#senders.park(weight, load, options) as Promise<Answer>;
    if (this.#share) this.admit(); // to ask the budget
    return answer;
  }

  /** Waits for an item. */
  await<Answer>(wanted: Wanted | ((item: T) => void), options?: WaitOptions): Promise<Answer> {
    const answer = this.#receivers.park(1, wanted, options) as Promise<Answer>;
    if (this.#senders.size > 0) this.admit(); // at a rendezvous somebody may wait for this
    return answer;
  }

  /** Waits until nothing more is accepted. */
  whenClosed(options: WaitOptions): Promise<ClosedError> {
    if (this.end) return Promise.resolve(closedError(this.end, this.options.name));
    this.#listeners ??= new WaitingLine();
    return this.#listeners.park(1, undefined, options);
  }

  /** A place in line, for an item to send or, without one, to receive; it is given up by calling what this returns. */
  stand(
    sends: { item: T; weight: number } | undefined,
    settle: Settle<unknown>,
    onTaken: () => void,
  ): () => void {
    if (sends) this.#checkLine();
    const line: WaitingLine<unknown, unknown> = sends ? this.#senders : this.#receivers;
    const ticket: Ticket = line.stand(sends?.weight ?? 1, sends ? sends.item : "step", settle, onTaken);
    if (this.#senders.size > 0) this.admit();
    return () => line.withdraw(ticket);
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
    this.#sent++;
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
    this.#sent++;
    this.#dropped += dropped.length;
    this.#undelivered += dropped.length;
    this.admit();
    for (const one of dropped) report(onUndelivered, one, "dropped");
    return true;
  }

  /** The oldest item. There must be one. */
  take(): T {
    if (this.#hold.size > 0) {
      const item = this.#hold.shift();
      if (this.#senders.size > 0) this.admit();
      return item;
    }
    // A sender beside an empty buffer: at a rendezvous, or held up by seats or the budget. It goes from hand to hand.
    const item = this.#senders.headLoad as T;
    this.#sent++;
    this.#senders.serve(undefined);
    this.admit();
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
    const cancelled = this.end?.by === "cancel";
    if (met || cancelled) lease.release();
    else if (weight < seat) lease.shrink?.(weight);
    if (cancelled) {
      this.#sent++;
      this.#undelivered++;
      report(this.options.onUndelivered, item, "cancelled");
      return;
    }
    this.#hold.reserved -= seat;
    if (met) this.#handOver(item);
    else {
      this.#sent++;
      this.#hold.store(item, weight, lease);
    }
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
    while (this.#senders.size > 0) {
      const load = this.#senders.headLoad;
      this.#senders.serve(load === ROOM ? false : Promise.reject(closedError(end, this.options.name)));
    }
    while (this.#listeners?.size) this.#listeners.serve(closedError(end, this.options.name));
    const lost: T[] = [];
    if (end.by === "cancel") {
      this.#hold.reserved = 0;
      while (this.#hold.size > 0) lost.push(this.#hold.shift());
      this.#undelivered += lost.length;
    }
    this.#settle();
    for (const item of lost) report(this.options.onUndelivered, item, "cancelled");
  }

  /** What a receiver gets at the end. */
  atEnd<Answer>(wanted: Wanted): Promise<Answer> {
    return atEnd(wanted, this.end, this.options.name) as Promise<Answer>;
  }

  /** Lets in whoever waits and has room now, the oldest first. */
  admit(): void {
    const awake = this.#hold.weight <= this.options.lowWater;
    for (;;) {
      this.#share?.keep(this.#senders.head);
      if (this.#senders.size === 0) return;
      const load = this.#senders.headLoad;
      const weight = this.#senders.headWeight;
      const met = load !== SEAT && this.#receivers.size > 0;
      const lease = met ? NOTHING : awake ? this.#roomFor(weight) : undefined;
      if (!lease) return;
      const wake = this.#senders.shift();
      if (load === ROOM) {
        lease.release();
        wake(true);
      } else if (load === SEAT) {
        wake(this.reserve(weight, lease));
      } else if (met) {
        this.#handOver(load as T, wake);
      } else {
        this.#sent++;
        this.#hold.store(load as T, weight, lease);
        wake(undefined);
      }
    }
  }

  snapshot(): ChannelSnapshot {
    const { size, weight, peakWeight } = this.#hold;
    const { capacity, name } = this.options;
    return {
      name,
      phase: phaseOf(this.end, this.isOver()),
      capacity,
      size,
      weight,
      peakWeight,
      fullness: capacity === 0 ? 0 : weight / capacity,
      waitingSenders: this.#senders.size,
      waitingReceivers: this.#receivers.size,
      sent: this.#sent,
      received: this.#sent - size - this.#undelivered,
      dropped: this.#dropped,
      rejected: this.rejected,
    };
  }

  /** Tells who asked for room, and is the oldest, that there is a receiver. */
  #announce(): void {
    while (this.#senders.size > 0 && this.#senders.headLoad === ROOM) this.#senders.serve(true);
    this.admit();
  }

  #handOver(item: T, wakeSender?: Settle<unknown>): void {
    this.#sent++;
    const wanted = this.#receivers.headLoad;
    const give = this.#receivers.shift();
    wakeSender?.(undefined);
    if (typeof wanted === "function") {
      give(true);
      hand(wanted, item);
      return;
    }
    const given = wanted === "item" ? item : wanted === "many" ? [item] : { done: false, value: item };
    this.turns.give(given, give);
  }

  #checkLine(): void {
    const { size } = this.#senders;
    if (size >= this.options.maxWaiting) throw new OverloadedError(size, undefined, this.options.name);
  }

  #roomFor(weight: number): Lease | undefined {
    if (weight > this.#hold.free) return undefined;
    return this.#share ? this.#share.take(this.#senders.head!, weight) : NOTHING;
  }

  #refuseHead(reason: unknown): void {
    this.#senders.serve(Promise.reject(reason));
    this.admit();
  }

  /** Room became free, or the end came: whoever waits for either is served. */
  #settle(): void {
    this.admit();
    while (this.isOver() && this.#receivers.size > 0) {
      const wanted = this.#receivers.headLoad;
      this.#receivers.serve(this.atEnd(typeof wanted === "function" ? "into" : wanted));
    }
  }
}
