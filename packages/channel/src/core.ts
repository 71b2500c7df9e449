import { type ClosedError, WaitingLine, type WaitOptions } from "@sluice/semaphore";
import { atEnd, closedError, type End, phaseOf, type Wanted } from "./ending.js";
import { Flow } from "./flow.js";
import { report } from "./hold.js";
import { CORE } from "./inner.js";
import { ROOM } from "./seat.js";
import { type Lease, NOTHING } from "./share.js";
import type { ChannelSnapshot } from "./snapshot.js";

/** The core of a channel, or of its half that can do this; nothing else has one. */
export function coreOf(half: unknown, verb: "send" | "receive"): Core<unknown> | undefined {
  if (!half || typeof half !== "object" || !(verb in half)) return undefined;
  return (half as { readonly [CORE]?: Core<unknown> })[CORE];
}

/** All that a channel does: the flow of its items, the seats that are kept for them, and the end. */
export class Core<T> extends Flow<T> {
  #listeners: WaitingLine<ClosedError> | undefined;

  /** Whether nothing will ever come. */
  isOver(): boolean {
    return this.end !== undefined && this.hold.size + this.hold.reserved === 0;
  }

  /** Waits until nothing more is accepted. */
  whenClosed(options: WaitOptions): Promise<ClosedError> {
    if (this.end) return Promise.resolve(closedError(this.end, this.options.name));
    this.#listeners ??= new WaitingLine();
    return this.#listeners.park(1, undefined, options);
  }

  /** Takes in an item that does not fit, by dropping what the mode names. */
  overflow(item: T, weight: number): true {
    const { whenFull, onUndelivered } = this.options;
    // Who waits for a seat has a right to the room that is free: the item gets what it drops, and no more.
    const lost = this.hold.lose(weight - (this.senders.size > 0 ? 0 : this.hold.free), whenFull);
    const dropped = lost ?? [item];
    if (lost) this.hold.store(item, weight, NOTHING);
    this.sent++;
    this.dropped += dropped.length;
    this.undelivered += dropped.length;
    this.admit();
    for (const one of dropped) report(onUndelivered, one, "dropped");
    return true;
  }

  /** An item takes the place of its seat. */
  occupy(seat: number, item: T, weight: number, lease: Lease): void {
    const met = this.receivers.size > 0;
    const cancelled = this.end?.by === "cancel";
    if (met || cancelled) lease.release();
    else if (weight < seat) lease.shrink?.(weight);
    if (cancelled) {
      this.sent++;
      this.undelivered++;
      report(this.options.onUndelivered, item, "cancelled");
      return;
    }
    this.hold.reserved -= seat;
    if (met) this.handOver(item);
    else {
      this.sent++;
      this.hold.store(item, weight, lease);
    }
    this.#settle();
  }

  vacate(seat: number, lease: Lease): void {
    lease.release();
    if (this.end?.by === "cancel") return;
    this.hold.reserved -= seat;
    this.#settle();
  }

  finish(end: End): void {
    if (this.end && (end.by !== "cancel" || this.end.by === "cancel" || this.isOver())) return;
    this.end = end;
    this.calm = false;
    while (this.senders.size > 0) {
      const load = this.senders.headLoad;
      this.senders.serve(load === ROOM ? false : Promise.reject(closedError(end, this.options.name)));
    }
    while (this.#listeners?.size) this.#listeners.serve(closedError(end, this.options.name));
    const lost: T[] = [];
    if (end.by === "cancel") {
      this.hold.reserved = 0;
      while (this.hold.size > 0) lost.push(this.hold.shift());
      this.undelivered += lost.length;
    }
    this.#settle();
    for (const item of lost) report(this.options.onUndelivered, item, "cancelled");
  }

  /** The next step of an iteration. */
  step(): Promise<IteratorResult<T>> {
    if (this.hasItem()) return this.turns.received({ done: false, value: this.take() });
    return this.isOver() ? this.atEnd("step") : this.await("step");
  }

  /** What a receiver gets at the end. */
  atEnd<Answer>(wanted: Wanted): Promise<Answer> {
    return atEnd(wanted, this.end, this.options.name) as Promise<Answer>;
  }

  snapshot(): ChannelSnapshot {
    const { size, weight, peakWeight } = this.hold;
    const { capacity, name } = this.options;
    return {
      name,
      phase: phaseOf(this.end, this.isOver()),
      capacity,
      size,
      weight,
      peakWeight,
      fullness: capacity === 0 ? 0 : weight / capacity,
      waitingSenders: this.senders.size,
      waitingReceivers: this.receivers.size,
      sent: this.sent,
      received: this.sent - size - this.undelivered,
      dropped: this.dropped,
      rejected: this.rejected,
    };
  }

  /** Room became free, or the end came: whoever waits for either is served. */
  #settle(): void {
    this.admit();
    while (this.isOver() && this.receivers.size > 0) {
      const wanted = this.receivers.headLoad;
      this.receivers.serve(this.atEnd(typeof wanted === "function" ? "into" : wanted));
    }
  }
}
