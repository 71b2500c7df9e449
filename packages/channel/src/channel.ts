import { ClosedError, checkWait, OverloadedError, WaitingLine, type WaitOptions } from "@sluice/semaphore";
import { discard } from "./discard.js";
import { type Receiver, receiverOf, type Sender, senderOf } from "./halves.js";
import { DONE, iterate } from "./iterate.js";
import { type ChannelOptions, checked, weightOf } from "./options.js";
import { Ring } from "./ring.js";
import type { ChannelSnapshot } from "./snapshot.js";

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

// One promise for all sends that find room.
const SENT: Promise<void> = Promise.resolve();

/**
 * A bounded channel for any number of senders and receivers.
 *
 * @example
 * ```ts
 * const lines = new Channel<string>(100);
 * void produce(lines.sender);
 * for await (const line of lines) await store(line);
 * ```
 */
export class Channel<T> implements Sender<T>, Receiver<T>, AsyncDisposable {
  readonly capacity: number;
  /** The half to hand to a producer. */
  readonly sender: Sender<T> = senderOf(this);
  /** The half to hand to a consumer. */
  readonly receiver: Receiver<T> = receiverOf(this);
  readonly #options: ReturnType<typeof checked<T>>;
  readonly #buffer = new Ring<T>();
  readonly #senders = new WaitingLine<void, T>(() => this.#admit());
  /** The load says in which form the item is wanted. */
  readonly #receivers = new WaitingLine<T | IteratorResult<T>, "item" | "step">(() => undefined);
  #end: End | undefined;
  #sent = 0;
  #received = 0;
  #peakWeight = 0;

  constructor(capacity: number | ChannelOptions<T>) {
    this.#options = checked(capacity);
    this.capacity = this.#options.capacity;
  }

  trySend(item: T): boolean {
    const weight = weightOf(item, this.#options);
    return this.#end === undefined && this.#accept(item, weight);
  }

  send(item: T, options: WaitOptions = {}): Promise<void> {
    try {
      const weight = weightOf(item, this.#options);
      if (this.#end) throw this.#closedError();
      checkWait(options);
      if (this.#accept(item, weight)) return SENT;
      if (this.#senders.size >= this.#options.maxWaiting) {
        throw new OverloadedError(this.#senders.size, undefined, this.#options.name);
      }
      return this.#senders.park(weight, item, options);
    } catch (refusal) {
      return Promise.reject(refusal);
    }
  }

  close(): void {
    this.#finish({ by: "close", reason: undefined });
  }

  fail(error: unknown): void {
    this.#finish({ by: "fail", reason: error });
  }

  tryReceive(): { value: T } | undefined {
    return this.#isEmpty() ? undefined : { value: this.#take() };
  }

  receive(options: WaitOptions = {}): Promise<T> {
    try {
      checkWait(options);
      if (!this.#isEmpty()) return Promise.resolve(this.#take());
      if (this.#end) return Promise.reject(this.#endError());
      return this.#receivers.park(1, "item", options) as Promise<T>;
    } catch (refusal) {
      return Promise.reject(refusal);
    }
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return iterate(() => this.#step());
  }

  consume(): AsyncIterableIterator<T> {
    return iterate(
      () => this.#step(),
      () => this.cancel(),
    );
  }

  cancel(reason?: unknown): void {
    if (this.#end?.by === "cancel") return;
    this.#finish({ by: "cancel", reason });
  }

  /** The same as `cancel`, for `await using channel = …`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
  }

  snapshot(): ChannelSnapshot {
    const { size, weight } = this.#buffer;
    return {
      name: this.#options.name,
      phase: this.#phase(),
      capacity: this.capacity,
      size,
      weight,
      peakWeight: this.#peakWeight,
      fullness: this.capacity === 0 ? 0 : weight / this.capacity,
      waitingSenders: this.#senders.size,
      waitingReceivers: this.#receivers.size,
      sent: this.#sent,
      received: this.#received,
    };
  }

  #phase(): ChannelSnapshot["phase"] {
    if (this.#end === undefined) return "open";
    if (this.#end.by === "cancel") return "cancelled";
    if (this.#buffer.size > 0) return "draining";
    return this.#end.by === "close" ? "closed" : "failed";
  }

  #accept(item: T, weight: number): boolean {
    if (this.#senders.size > 0) return false; // nobody overtakes who waits
    if (this.#receivers.size === 0) return this.#fits(weight) && this.#store(item, weight);
    this.#sent++;
    this.#received++;
    const wanted = this.#receivers.head!.load;
    this.#receivers.serve(wanted === "item" ? item : { done: false, value: item });
    return true;
  }

  #fits(weight: number): boolean {
    return weight <= this.capacity - this.#buffer.weight;
  }

  #store(item: T, weight: number): true {
    this.#sent++;
    this.#buffer.push(item, weight);
    if (this.#buffer.weight > this.#peakWeight) this.#peakWeight = this.#buffer.weight;
    return true;
  }

  /** Lets in whoever waits and fits now, the oldest first. */
  #admit(): void {
    for (let head = this.#senders.head; head && this.#fits(head.weight); head = this.#senders.head) {
      this.#store(head.load, head.weight);
      this.#senders.serve();
    }
  }

  #isEmpty(): boolean {
    return this.#buffer.size === 0 && this.#senders.size === 0;
  }

  #take(): T {
    this.#received++;
    if (this.#buffer.size > 0) {
      const item = this.#buffer.shift();
      this.#admit();
      return item;
    }
    // Senders wait beside an empty buffer only at a rendezvous: the item goes from hand to hand.
    const { load } = this.#senders.head!;
    this.#sent++;
    this.#senders.serve();
    return load;
  }

  #step(): Promise<IteratorResult<T>> {
    if (!this.#isEmpty()) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#end === undefined) {
      return this.#receivers.park(1, "step", {}) as Promise<IteratorResult<T>>;
    }
    return this.#end.by === "fail" ? Promise.reject(this.#end.reason) : Promise.resolve(DONE);
  }

  #finish(end: End): void {
    if (this.#end && (end.by !== "cancel" || this.#buffer.size === 0)) return;
    this.#end = end;
    this.#senders.dismiss(() => this.#closedError());
    for (let head = this.#receivers.head; head; head = this.#receivers.head) {
      const steps = head.load === "step" && end.by !== "fail";
      this.#receivers.serve(steps ? DONE : Promise.reject(this.#endError()));
    }
    if (end.by === "cancel") discard(this.#buffer, this.#options.onUndelivered);
  }

  #closedError(): ClosedError {
    return new ClosedError(this.#end?.reason, this.#options.name);
  }

  #endError(): unknown {
    return this.#end?.by === "fail" ? this.#end.reason : this.#closedError();
  }
}
