import { type ClosedError, checkWait, type WaitOptions } from "@sluice/semaphore";
import { checkCount } from "./check-count.js";
import { Core } from "./core.js";
import { closedError } from "./ending.js";
import { FullError } from "./errors.js";
import { type Receiver, receiverOf, type Sender, type SendPermit, senderOf } from "./halves.js";
import { hand } from "./hand.js";
import { CORE } from "./inner.js";
import { iterate } from "./iterate.js";
import { type ChannelOptions, checked, checkFit } from "./options.js";
import { ROOM, SEAT } from "./seat.js";
import type { ChannelSnapshot } from "./snapshot.js";

//  An item                                                     The channel
//
//  offered ──room, or a receiver waits──▶ accepted             open ──close, fail──▶ draining ──empty──▶ closed, failed
//    ├──no room, `whenFull` says so──▶ refused, or one dropped   └──────cancel─────────┴──────────────▶ cancelled
//    └──otherwise──▶ waiting ──room, is oldest──▶ accepted
//                      └──abort, time-out, end──▶ not sent
//  accepted ──▶ received; or dropped, or cancelled: then `onUndelivered` gets it

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
  readonly #core: Core<T>;
  #sender: Sender<T> | undefined;
  #receiver: Receiver<T> | undefined;

  constructor(capacity: number | ChannelOptions<T>) {
    const options = checked(capacity);
    this.capacity = options.capacity;
    this.#core = new Core(options);
  }

  /** @internal */
  get [CORE](): Core<T> {
    return this.#core;
  }

  /** The half to hand to a producer. */
  get sender(): Sender<T> {
    this.#sender ??= senderOf(this);
    return this.#sender;
  }

  /** The half to hand to a consumer. */
  get receiver(): Receiver<T> {
    this.#receiver ??= receiverOf(this);
    return this.#receiver;
  }

  trySend(item: T): boolean {
    const core = this.#core;
    if (core.place(item)) return true;
    const weight = core.weightOf(item);
    if (core.end) return false;
    if (core.accept(item, weight)) return true;
    const { whenFull } = core.options;
    if (whenFull === "reject") core.rejected++;
    return whenFull !== "wait" && whenFull !== "reject" && core.overflow(item, weight);
  }

  send(item: T, options?: WaitOptions): Promise<void> {
    const core = this.#core;
    if (options === undefined && core.place(item)) return core.turns.sent;
    try {
      const weight = core.weightOf(item);
      if (options !== undefined) checkWait(options);
      if (core.end) throw closedError(core.end, core.options.name);
      const { sent } = core.turns;
      if (core.accept(item, weight)) return sent;
      const { whenFull, name } = core.options;
      if (whenFull === "wait") return core.queue(weight, item, options);
      if (whenFull !== "reject") {
        core.overflow(item, weight);
        return sent;
      }
      core.rejected++;
      throw new FullError(item, this.capacity, name);
    } catch (refusal) {
      return Promise.reject(refusal);
    }
  }

  reserve(options: WaitOptions & { weight?: number | undefined } = {}): Promise<SendPermit<T>> {
    try {
      const core = this.#core;
      checkWait(options);
      const { weight = 1 } = options;
      checkCount("weight", weight, 1);
      checkFit(weight, this.capacity, core.options);
      if (core.end) throw closedError(core.end, core.options.name);
      const lease = core.enter(weight);
      return lease ? Promise.resolve(core.reserve(weight, lease)) : core.queue(weight, SEAT, options);
    } catch (refusal) {
      return Promise.reject(refusal);
    }
  }

  whenRoom(options: WaitOptions = {}): Promise<boolean> {
    try {
      const core = this.#core;
      checkWait(options);
      if (core.end) return Promise.resolve(false);
      return core.hasRoom() ? Promise.resolve(true) : core.queue(1, ROOM, options);
    } catch (refusal) {
      return Promise.reject(refusal);
    }
  }

  whenClosed(options: WaitOptions = {}): Promise<ClosedError> {
    try {
      checkWait(options);
      return this.#core.whenClosed(options);
    } catch (refusal) {
      return Promise.reject(refusal);
    }
  }

  close(): void {
    this.#core.finish({ by: "close", reason: undefined });
  }

  fail(error: unknown): void {
    this.#core.finish({ by: "fail", reason: error });
  }

  tryReceive(): { value: T } | undefined {
    return this.#core.hasItem() ? { value: this.#core.take() } : undefined;
  }

  receive(options?: WaitOptions): Promise<T> {
    try {
      const core = this.#core;
      if (options !== undefined) checkWait(options);
      if (core.hasItem()) return core.turns.received(core.take());
      return core.isOver() ? core.atEnd("item") : core.await("item", options);
    } catch (refusal) {
      return Promise.reject(refusal);
    }
  }

  receiveMany(max: number, options?: WaitOptions): Promise<T[]> {
    try {
      const core = this.#core;
      checkCount("max", max, 1);
      if (options !== undefined) checkWait(options);
      if (core.hasItem()) return core.turns.received(this.drain(max));
      if (core.isOver()) return core.atEnd("many");
      const first = core.await<T[]>("many", options);
      // What has come since then comes along; at the end there is nothing.
      return max === 1 ? first : first.then((items) => items.concat(this.drain(max - 1)));
    } catch (refusal) {
      return Promise.reject(refusal);
    }
  }

  drain(max: number = Number.MAX_SAFE_INTEGER): T[] {
    const core = this.#core;
    checkCount("max", max, 1);
    const items: T[] = [];
    while (items.length < max && core.hasItem()) items.push(core.take());
    return items;
  }

  receiveInto(take: (item: T) => void, options?: WaitOptions): Promise<boolean> {
    try {
      const core = this.#core;
      if (options !== undefined) checkWait(options);
      if (core.hasItem()) return core.turns.received(hand(take, core.take()));
      return core.isOver() ? core.atEnd("into") : core.await(take, options);
    } catch (refusal) {
      return Promise.reject(refusal);
    }
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    const core = this.#core;
    return iterate(() => core.step());
  }

  consume(): AsyncIterableIterator<T> {
    const core = this.#core;
    return iterate(
      () => core.step(),
      () => this.cancel(),
    );
  }

  cancel(reason?: unknown): void {
    this.#core.finish({ by: "cancel", reason });
  }

  /** The same as `cancel`, for `await using channel = …`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
  }

  snapshot(): ChannelSnapshot {
    return this.#core.snapshot();
  }
}
