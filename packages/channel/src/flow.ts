import { OverloadedError, type Settle, type Ticket, WaitingLine, type WaitOptions } from "@sluice/semaphore";
import type { End, Wanted } from "./ending.js";
import { hand } from "./hand.js";
import { Hold } from "./hold.js";
import { type checked, weightOf } from "./options.js";
import { type Keeper, ROOM, SEAT, Seat } from "./seat.js";
import { type Lease, NOTHING, Share } from "./share.js";
import { Turns } from "./turns.js";

//  Between any two operations:
//  - receivers wait only while nothing is buffered and the oldest sender that waits brings no item;
//  - senders wait only while the channel is open, and the oldest of them has no room, in the channel or in its budget,
//    or more than `lowWater` is still buffered.
//
//  Whoever is served is out of line, and what is moved has arrived, before anybody is woken.

/** How items come in and go out, and who waits for that: inside they are, or with the senders that wait. */
export abstract class Flow<T> implements Keeper<T> {
  readonly options: ReturnType<typeof checked<T>>;
  /** Set once nothing more is accepted. */
  end: End | undefined;
  /**
   * False unless it is certain that nobody waits, that the channel is open, and that every item weighs 1 and needs no
   * budget: then room is all that an item needs, and most items are taken in by `place`.
   */
  calm = false;
  rejected = 0;
  readonly turns = new Turns();
  protected sent = 0;
  protected undelivered = 0;
  protected dropped = 0;
  protected readonly hold: Hold<T>;
  readonly #share: Share | undefined;
  protected readonly senders = new WaitingLine<unknown, T | symbol>(() => this.admit());
  /** The load says in which form the item is wanted, or takes it. */
  protected readonly receivers = new WaitingLine<unknown, Wanted | ((item: T) => void)>();

  constructor(options: ReturnType<typeof checked<T>>) {
    const { capacity, budget, weigh } = options;
    this.options = options;
    this.hold = new Hold(capacity, weigh !== undefined, budget !== undefined);
    this.#share =
      budget &&
      new Share(
        budget,
        () => this.admit(),
        (why) => this.#refuseHead(why),
      );
  }

  abstract occupy(seat: number, item: T, weight: number, lease: Lease): void;
  abstract vacate(seat: number, lease: Lease): void;

  /** Whether there is an item for who receives now. */
  hasItem(): boolean {
    if (this.hold.size > 0) return true;
    if (this.senders.size === 0) return false;
    const load = this.senders.headLoad;
    return load !== ROOM && load !== SEAT;
  }

  weightOf(item: T): number {
    return this.options.weigh === undefined ? 1 : weightOf(item, this.options);
  }

  /** Room for somebody who comes now, if there is some; its part of the budget comes with it. */
  enter(weight: number): Lease | undefined {
    if (this.senders.size > 0 || weight > this.hold.free) return undefined;
    return this.options.budget === undefined ? NOTHING : this.options.budget.tryAcquire(weight);
  }

  /** Whether an item that comes now would be taken in at once. */
  hasRoom(): boolean {
    if (this.senders.size === 0 && this.receivers.size > 0) return true;
    const lease = this.enter(1);
    lease?.release();
    return lease !== undefined;
  }

  /** Takes the item in, if that is so simple. */
  place(item: T): boolean {
    if (!this.calm || this.hold.free <= 0) return false;
    this.sent++;
    this.hold.store(item, 1, NOTHING);
    return true;
  }

  /** Stands in line for room. */
  queue<Answer>(weight: number, load: T | symbol, options?: WaitOptions): Promise<Answer> {
    this.#checkLine();
    this.calm = false;
    const answer = this.senders.park(weight, load, options) as Promise<Answer>;
    if (this.#share) this.admit(); // to ask the budget
    return answer;
  }

  /** Waits for an item. */
  await<Answer>(wanted: Wanted | ((item: T) => void), options?: WaitOptions): Promise<Answer> {
    this.calm = false;
    const answer = this.receivers.park(1, wanted, options) as Promise<Answer>;
    if (this.senders.size > 0) this.admit(); // at a rendezvous somebody may wait for this
    return answer;
  }

  /** A place in line, for an item to send or, without one, to receive; it is given up by calling what this returns. */
  stand(
    sends: { item: T; weight: number } | undefined,
    settle: Settle<unknown>,
    onTaken: () => void,
    options?: WaitOptions,
  ): () => void {
    if (sends) this.#checkLine();
    this.calm = false;
    const line: WaitingLine<unknown, unknown> = sends ? this.senders : this.receivers;
    const load = sends ? sends.item : "step";
    const ticket: Ticket = line.stand(sends?.weight ?? 1, load, settle, onTaken, options);
    if (this.senders.size > 0) this.admit();
    return () => line.withdraw(ticket);
  }

  /** Takes the item in now, or not at all. */
  accept(item: T, weight: number): boolean {
    // Nobody overtakes who waits. Where a send never does, there are only seats in line, which bring no items, and what
    // a select offers behind a seat: none of these is for who receives now.
    if (this.receivers.size > 0 && (this.senders.size === 0 || this.options.whenFull !== "wait")) {
      this.handOver(item);
      return true;
    }
    const lease = this.enter(weight);
    if (lease === undefined) return false;
    this.sent++;
    this.hold.store(item, weight, lease);
    const { weigh, budget } = this.options;
    this.calm = weigh === undefined && budget === undefined; // nobody waits: who receives would have got it
    return true;
  }

  /** The oldest item. There must be one. */
  take(): T {
    if (this.hold.size > 0) {
      const item = this.hold.shift();
      if (this.senders.size > 0) this.admit();
      return item;
    }
    // A sender beside an empty buffer: at a rendezvous, or held up by seats or the budget. It goes from hand to hand.
    const item = this.senders.headLoad as T;
    this.sent++;
    this.senders.serve(undefined);
    this.admit();
    return item;
  }

  /** Room without an item, of which there must be enough. */
  reserve(weight: number, lease: Lease): Seat<T> {
    this.hold.reserved += weight;
    return new Seat(weight, this, lease);
  }

  /** Lets in whoever waits and has room now, the oldest first. */
  admit(): void {
    const awake = this.hold.weight <= this.options.lowWater;
    for (;;) {
      this.#share?.keep(this.senders.head);
      if (this.senders.size === 0) return;
      const load = this.senders.headLoad;
      const weight = this.senders.headWeight;
      const met = load !== SEAT && this.receivers.size > 0;
      const lease = met ? NOTHING : awake ? this.#roomFor(weight) : undefined;
      if (!lease) return;
      const wake = this.senders.shift();
      if (load === ROOM) {
        lease.release();
        wake(true);
      } else if (load === SEAT) {
        wake(this.reserve(weight, lease));
      } else if (met) {
        this.handOver(load as T, wake);
      } else {
        this.sent++;
        this.hold.store(load as T, weight, lease);
        wake(undefined);
      }
    }
  }

  protected handOver(item: T, wakeSender?: Settle<unknown>): void {
    this.sent++;
    const wanted = this.receivers.headLoad;
    const give = this.receivers.shift();
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
    const { size } = this.senders;
    if (size >= this.options.maxWaiting) throw new OverloadedError(size, undefined, this.options.name);
  }

  #roomFor(weight: number): Lease | undefined {
    if (weight > this.hold.free) return undefined;
    return this.#share ? this.#share.take(this.senders.head!, weight) : NOTHING;
  }

  #refuseHead(reason: unknown): void {
    this.senders.serve(Promise.reject(reason));
    this.admit();
  }
}
