import { ClosedError, WaitingLine } from "@sluice/semaphore";
import { DONE } from "./iterate.js";
import type { checked } from "./options.js";
import { Ring } from "./ring.js";
import type { ChannelSnapshot } from "./snapshot.js";
import { lose, report } from "./undelivered.js";

//  open ──close, fail──▶ draining ──last item received──▶ closed (after close), failed (after fail)
//    └──────cancel───────────┴──────────────────────────▶ cancelled
//
//  Between any two operations:
//  - receivers wait only while nothing is buffered and no sender waits;
//  - senders wait only while the oldest of them does not fit, and only while the channel is open.

/** Why nothing more is accepted, and what receivers hear after the last item. */
interface End {
  readonly by: "close" | "fail" | "cancel";
  readonly reason: unknown;
}

/** Where the items are: in the buffer, or with the senders that wait. Every move of one is a method here. */
export class Core<T> {
  readonly options: ReturnType<typeof checked<T>>;
  readonly senders = new WaitingLine<void, T>(() => this.#admit());
  /** The load says in which form the item is wanted. */
  readonly receivers = new WaitingLine<T | IteratorResult<T>, "item" | "step">(() => undefined);
  end: End | undefined;
  rejected = 0;
  readonly #buffer = new Ring<T>();
  #sent = 0;
  #received = 0;
  #dropped = 0;
  #peakWeight = 0;

  constructor(options: ReturnType<typeof checked<T>>) {
    this.options = options;
  }

  isEmpty(): boolean {
    return this.#buffer.size === 0 && this.senders.size === 0;
  }

  /** Takes the item in now, or not at all. */
  accept(item: T, weight: number): boolean {
    if (this.senders.size > 0) return false; // nobody overtakes who waits
    if (this.receivers.size > 0) return this.#handOver(item);
    return this.#fits(weight) && this.#store(item, weight);
  }

  /** Takes in an item that does not fit, by dropping what the mode names. */
  overflow(item: T, weight: number): true {
    const { whenFull, onUndelivered, capacity } = this.options;
    const excess = this.#buffer.weight + weight - capacity;
    const lost =
      whenFull !== "drop-incoming" && excess <= this.#buffer.weight
        ? lose(this.#buffer, excess, whenFull === "drop-oldest" ? "oldest" : "newest")
        : undefined;
    if (lost) this.#store(item, weight);
    else this.#sent++;
    const dropped = lost ?? [item];
    this.#dropped += dropped.length;
    for (const one of dropped) report(onUndelivered, one, "dropped");
    return true;
  }

  /** The oldest item. There must be one. */
  take(): T {
    this.#received++;
    if (this.#buffer.size > 0) {
      const item = this.#buffer.shift();
      this.#admit();
      return item;
    }
    // Senders wait beside an empty buffer only at a rendezvous: the item goes from hand to hand.
    const { load } = this.senders.head!;
    this.#sent++;
    this.senders.serve();
    return load;
  }

  finish(end: End): void {
    if (this.end && (end.by !== "cancel" || this.end.by === "cancel" || this.#buffer.size === 0)) return;
    this.end = end;
    this.senders.dismiss(() => this.closedError());
    for (let head = this.receivers.head; head; head = this.receivers.head) {
      const steps = head.load === "step" && end.by !== "fail";
      this.receivers.serve(steps ? DONE : Promise.reject(this.endError()));
    }
    if (end.by !== "cancel") return;
    while (this.#buffer.size > 0) report(this.options.onUndelivered, this.#buffer.shift(), "cancelled");
  }

  closedError(): ClosedError {
    return new ClosedError(this.end?.reason, this.options.name);
  }

  /** What a receiver hears at the end. */
  endError(): unknown {
    return this.end?.by === "fail" ? this.end.reason : this.closedError();
  }

  snapshot(): ChannelSnapshot {
    const { name, capacity } = this.options;
    const { size, weight } = this.#buffer;
    return {
      name,
      phase: this.#phase(),
      capacity,
      size,
      weight,
      peakWeight: this.#peakWeight,
      fullness: capacity === 0 ? 0 : weight / capacity,
      waitingSenders: this.senders.size,
      waitingReceivers: this.receivers.size,
      sent: this.#sent,
      received: this.#received,
      dropped: this.#dropped,
      rejected: this.rejected,
    };
  }

  #phase(): ChannelSnapshot["phase"] {
    if (this.end === undefined) return "open";
    if (this.end.by === "cancel") return "cancelled";
    if (this.#buffer.size > 0) return "draining";
    return this.end.by === "close" ? "closed" : "failed";
  }

  #fits(weight: number): boolean {
    return weight <= this.options.capacity - this.#buffer.weight;
  }

  #store(item: T, weight: number): true {
    this.#sent++;
    this.#buffer.push(item, weight);
    if (this.#buffer.weight > this.#peakWeight) this.#peakWeight = this.#buffer.weight;
    return true;
  }

  #handOver(item: T): true {
    this.#sent++;
    this.#received++;
    const wanted = this.receivers.head!.load;
    this.receivers.serve(wanted === "item" ? item : { done: false, value: item });
    return true;
  }

  /** Lets in whoever waits and fits now, the oldest first. */
  #admit(): void {
    for (let head = this.senders.head; head && this.#fits(head.weight); head = this.senders.head) {
      this.#store(head.load, head.weight);
      this.senders.serve();
    }
  }
}
