import { checkWait, type WaitOptions } from "@sluice/semaphore";
import { Core } from "./core.js";
import { closedError } from "./ending.js";
import { FullError } from "./errors.js";
import { type Receiver, receiverOf, type Sender, type SendPermit, senderOf } from "./halves.js";
import { iterate } from "./iterate.js";
import { type ChannelOptions, checked, checkFit, checkWeight, weightOf } from "./options.js";
import { ROOM, SEAT } from "./seat.js";
import type { ChannelSnapshot } from "./snapshot.js";

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
  readonly #core: Core<T>;

  constructor(capacity: number | ChannelOptions<T>) {
    const options = checked(capacity);
    this.capacity = options.capacity;
    this.#core = new Core(options);
  }

  trySend(item: T): boolean {
    const core = this.#core;
    const weight = weightOf(item, core.options);
    if (core.end) return false;
    if (core.accept(item, weight)) return true;
    const { whenFull } = core.options;
    if (whenFull === "reject") core.counts.rejected++;
    return whenFull !== "wait" && whenFull !== "reject" && core.overflow(item, weight);
  }

  send(item: T, options: WaitOptions = {}): Promise<void> {
    try {
      const core = this.#core;
      const weight = weightOf(item, core.options);
      if (core.end) throw closedError(core.end, core.options.name);
      checkWait(options);
      if (core.accept(item, weight)) return SENT;
      const { whenFull, name } = core.options;
      if (whenFull === "wait") return core.queue(weight, item, options);
      if (whenFull !== "reject") {
        core.overflow(item, weight);
        return SENT;
      }
      core.counts.rejected++;
      throw new FullError(item, this.capacity, name);
    } catch (refusal) {
      return Promise.reject(refusal);
    }
  }

  reserve(options: WaitOptions & { weight?: number | undefined } = {}): Promise<SendPermit<T>> {
    try {
      const core = this.#core;
      const { weight = 1 } = options;
      checkWeight("weight", weight);
      checkFit(weight, this.capacity, core.options);
      if (core.end) throw closedError(core.end, core.options.name);
      checkWait(options);
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
      const lease = core.enter(1, true);
      lease?.release();
      return lease ? Promise.resolve(true) : core.queue(1, ROOM, options);
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
    return this.#core.isEmpty() ? undefined : { value: this.#core.take() };
  }

  receive(options: WaitOptions = {}): Promise<T> {
    try {
      const core = this.#core;
      checkWait(options);
      if (!core.isEmpty()) return Promise.resolve(core.take());
      return core.isOver() ? core.atEnd("item") : core.await("item", options);
    } catch (refusal) {
      return Promise.reject(refusal);
    }
  }

  async receiveMany(max: number, options: WaitOptions = {}): Promise<T[]> {
    const core = this.#core;
    checkWeight("max", max);
    checkWait(options);
    if (!core.isEmpty()) return this.drain(max);
    if (core.isOver()) return core.atEnd("many");
    const items = await core.await<T[]>("many", options);
    // What has come since then comes along; at the end there is nothing.
    return items.length > 0 && max > 1 ? items.concat(this.drain(max - 1)) : items;
  }

  drain(max: number = Number.MAX_SAFE_INTEGER): T[] {
    const core = this.#core;
    checkWeight("max", max);
    const items: T[] = [];
    while (items.length < max && !core.isEmpty()) items.push(core.take());
    return items;
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
    this.#core.finish({ by: "cancel", reason });
  }

  /** The same as `cancel`, for `await using channel = …`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
  }

  snapshot(): ChannelSnapshot {
    return this.#core.snapshot();
  }

  #step(): Promise<IteratorResult<T>> {
    const core = this.#core;
    if (!core.isEmpty()) return Promise.resolve({ done: false, value: core.take() });
    return core.isOver() ? core.atEnd("step") : core.await("step", {});
  }
}
