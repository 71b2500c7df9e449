import { checkWait, OverloadedError, type WaitOptions } from "@sluice/semaphore";
import { Core } from "./core.js";
import { FullError } from "./errors.js";
import { type Receiver, receiverOf, type Sender, senderOf } from "./halves.js";
import { DONE, iterate } from "./iterate.js";
import { type ChannelOptions, checked, weightOf } from "./options.js";
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
    if (whenFull === "reject") core.rejected++;
    return whenFull !== "wait" && whenFull !== "reject" && core.overflow(item, weight);
  }

  send(item: T, options: WaitOptions = {}): Promise<void> {
    try {
      const core = this.#core;
      const weight = weightOf(item, core.options);
      if (core.end) throw core.closedError();
      checkWait(options);
      if (core.accept(item, weight)) return SENT;
      const { whenFull, maxWaiting, name } = core.options;
      if (whenFull === "wait") {
        if (core.senders.size < maxWaiting) return core.senders.park(weight, item, options);
        throw new OverloadedError(core.senders.size, undefined, name);
      }
      if (whenFull !== "reject") {
        core.overflow(item, weight);
        return SENT;
      }
      core.rejected++;
      throw new FullError(item, this.capacity, name);
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
      if (core.end) throw core.endError();
      return core.receivers.park(1, "item", options) as Promise<T>;
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
    if (core.end === undefined) {
      return core.receivers.park(1, "step", {}) as Promise<IteratorResult<T>>;
    }
    return core.end.by === "fail" ? Promise.reject(core.end.reason) : Promise.resolve(DONE);
  }
}
