import type { PermitLike, SemaphoreLike, SemaphoreLikeOptions, WaitLike } from "./subject.js";
import { type Answer, SlowSemaphore } from "./twin.js";

interface Parked {
  readonly weight: number;
  readonly signal: AbortSignal | undefined;
  resolve(permit: PermitLike): void;
  reject(reason: unknown): void;
  /** Takes its listener and its timer away. */
  untie(): void;
}

/** A refusal, as far as the laws look at it. */
export class Refusal extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

const CODES: Readonly<Record<Exclude<Answer, "granted" | "waits">, string>> = {
  doomed: "ERR_TOO_HEAVY",
  closed: "ERR_CLOSED",
  overloaded: "ERR_OVERLOADED",
};

/**
 * The twin with promises around it: a lawful semaphore, slow and short. The sinners are variations of it, so
 * what is one step here is one method.
 */
export class ReferenceSemaphore implements SemaphoreLike {
  protected readonly twin: SlowSemaphore;
  protected readonly parked = new Map<number, Parked>();
  #last = 0;
  #idle: (() => void)[] = [];

  constructor(capacity: number, { maxWaiting }: SemaphoreLikeOptions, Twin = SlowSemaphore) {
    this.twin = new Twin(capacity, maxWaiting);
  }

  get capacity(): number {
    return this.twin.capacity;
  }

  get held(): number {
    return this.twin.held;
  }

  get waiting(): number {
    return this.twin.waiting;
  }

  tryAcquire(weight: number): PermitLike | undefined {
    const id = this.nextId();
    const answer = this.twin.tryAsk(id, weight);
    if (answer === "granted") return this.lend(id, weight);
    if (answer === "doomed" || answer === "closed") throw new Refusal(CODES[answer]);
    return undefined;
  }

  acquire(weight: number, options: WaitLike = {}): Promise<PermitLike> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    const id = this.nextId();
    const answer = this.twin.ask(id, weight);
    if (answer === "granted") return Promise.resolve(this.lend(id, weight));
    if (answer !== "waits") return Promise.reject(new Refusal(CODES[answer]));
    return this.park(id, weight, options);
  }

  resize(capacity: number): void {
    if (!Number.isSafeInteger(capacity) || capacity < 1) throw new Refusal("ERR_INVALID_VALUE");
    const { dismissed, served } = this.twin.resize(capacity);
    this.dismiss(dismissed, new Refusal("ERR_TOO_HEAVY"));
    this.wake(served);
  }

  close(): void {
    this.dismiss(this.twin.close(), new Refusal("ERR_CLOSED"));
  }

  whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.afterChange();
    });
  }

  protected nextId(): number {
    return ++this.#last;
  }

  protected park(id: number, weight: number, { signal, timeout }: WaitLike): Promise<PermitLike> {
    return new Promise((resolve, reject) => {
      const onAbort = () => this.depart(this.tiedTo(signal), signal?.reason);
      const onTimeout = () => this.depart([id], new Refusal("ERR_WAIT_TIMEOUT"));
      signal?.addEventListener("abort", onAbort);
      const timer = timeout === undefined ? undefined : setTimeout(onTimeout, timeout);
      const untie = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      this.parked.set(id, { weight, signal, resolve, reject, untie });
    });
  }

  protected tiedTo(signal: AbortSignal | undefined): number[] {
    return [...this.parked].filter(([, waiter]) => waiter.signal === signal).map(([id]) => id);
  }

  protected lend(id: number, weight: number): PermitLike {
    return this.permit(id, weight);
  }

  private permit(id: number, whole: number): PermitLike {
    let weight = whole;
    const check = (wanted: number, most: number) => {
      const live = this.twin.lent.some(([lent]) => lent === id);
      if (!live || !(Number.isSafeInteger(wanted) && wanted >= 1 && wanted <= most))
        throw new Refusal("ERR_INVALID_VALUE");
    };
    return {
      get weight() {
        return weight;
      },
      release: () => this.giveBack(id),
      split: (part) => {
        check(part, weight - 1);
        weight -= part;
        return this.splitOff(id, part);
      },
      shrink: (kept) => {
        check(kept, weight);
        weight = kept;
        this.cutDown(id, kept);
      },
    };
  }

  protected splitOff(id: number, weight: number): PermitLike {
    const part = this.nextId();
    this.twin.split(id, weight, part);
    return this.lend(part, weight);
  }

  protected cutDown(id: number, weight: number): void {
    this.wake(this.twin.shrink(id, weight));
  }

  protected giveBack(id: number): void {
    this.wake(this.twin.giveBack(id));
  }

  protected depart(ids: readonly number[], reason: unknown): void {
    this.dismiss(ids, reason);
    this.wake(this.twin.leave(ids));
  }

  protected dismiss(ids: readonly number[], reason: unknown): void {
    for (const id of ids) this.unpark(id)?.reject(reason);
  }

  protected wake(ids: readonly number[]): void {
    for (const id of ids) this.grant(id);
    this.afterChange();
  }

  protected grant(id: number): void {
    const waiter = this.unpark(id);
    waiter?.resolve(this.lend(id, waiter.weight));
  }

  protected unpark(id: number): Parked | undefined {
    const waiter = this.parked.get(id);
    this.parked.delete(id);
    waiter?.untie();
    return waiter;
  }

  protected afterChange(): void {
    if (this.held > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
