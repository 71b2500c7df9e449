import type { MakeReadSlots, ReadSlotsLike } from "./subject.js";

/** What a small wrong implementation does wrong. */
export interface Sins {
  readsOneAhead?: boolean;
  freesAtOnce?: boolean;
  slotAfterRead?: boolean;
  leaksOnFailedWork?: boolean;
  leaksOnFailedRead?: boolean;
  leaksAtTheEnd?: boolean;
  readerHoldsASlot?: boolean;
  reorders?: boolean;
  unboundedReorderBuffer?: boolean;
  readsOn?: boolean;
  leavesTheSourceOpen?: boolean;
  surfacesTooEarly?: boolean;
  surfacesTheLast?: boolean;
  waitsForAStalledSource?: boolean;
  ignoresAbort?: boolean;
  wrapsTheReason?: boolean;
}

/** Read slots in their most obvious form; with a sin, in one of their wrong ones. */
export const sinful =
  (sins: Sins): MakeReadSlots =>
  (slots) =>
    new Reference(slots, sins);

/** The obvious implementation, without a sin. */
export const referenceReadSlots: MakeReadSlots = sinful({});

class Reference implements ReadSlotsLike {
  #free: number;
  readonly #sins: Sins;
  readonly #line: (() => void)[] = [];

  constructor(slots: number, sins: Sins) {
    this.#free = slots + (sins.readsOneAhead ? 1 : 0);
    this.#sins = sins;
  }

  async forEach<T>(
    source: AsyncIterable<T>,
    task: (item: T, signal: AbortSignal) => unknown,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<void> {
    const work = async (item: T, stop: AbortSignal) => void (await task(item, stop));
    for await (const _ of this.#run(source, work, signal, { handOut: false }));
  }

  map<T, R>(
    source: AsyncIterable<T>,
    task: (item: T, signal: AbortSignal) => Promise<R>,
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncIterable<R> {
    return this.#run(source, task, signal, { handOut: true });
  }

  async *#run<T, R>(
    source: AsyncIterable<T>,
    task: (item: T, signal: AbortSignal) => Promise<R>,
    signal: AbortSignal | undefined,
    { handOut }: { handOut: boolean },
  ): AsyncGenerator<R> {
    const sins = this.#sins;
    const iterator = source[Symbol.asyncIterator]();
    const stop = new AbortController();
    const results: { value?: R; ready: boolean }[] = [];
    let failure: { cause: unknown } | undefined;
    let inProgress = 0;
    let reading = true;
    let readFailed = false;
    let wake = () => {};
    const fail = (cause: unknown) => {
      if (failure && !sins.surfacesTheLast) return;
      const first = failure === undefined;
      failure = { cause };
      if (!first) return;
      if (!sins.leavesTheSourceOpen && !readFailed) void iterator.return?.();
      if (!sins.waitsForAStalledSource && !sins.readsOn) stop.abort(cause);
      wake();
    };
    const onAbort = () => fail(sins.wrapsTheReason ? new Error("aborted") : signal?.reason);
    if (!sins.ignoresAbort) signal?.addEventListener("abort", onAbort);

    const work = async (item: T) => {
      inProgress++;
      const result: { value?: R; ready: boolean } = { ready: false };
      if (!sins.reorders) results.push(result);
      let failed = false;
      if (sins.freesAtOnce) this.#give();
      try {
        result.value = await task(item, stop.signal);
        result.ready = true;
        if (sins.reorders) results.push(result);
      } catch (cause) {
        failed = true;
        fail(cause);
      }
      inProgress--;
      const kept = (failed && sins.leaksOnFailedWork) || (!failed && handOut && !sins.unboundedReorderBuffer);
      if (!kept && !sins.freesAtOnce) this.#give();
      wake();
    };
    const read = async () => {
      while (!failure || sins.readsOn) {
        if (!sins.slotAfterRead) await this.#take(stop.signal);
        if (stop.signal.aborted) return sins.slotAfterRead ? undefined : this.#give();
        let step: IteratorResult<T> | undefined;
        try {
          step = await unless(stop.signal, iterator.next());
        } catch (cause) {
          readFailed = !stop.signal.aborted;
          if (!sins.slotAfterRead && !(readFailed && sins.leaksOnFailedRead)) this.#give();
          fail(cause);
          return;
        }
        if (step.done) {
          if (!sins.slotAfterRead && !sins.leaksAtTheEnd) this.#give();
          return;
        }
        if (sins.slotAfterRead) await this.#take(stop.signal);
        void work(step.value);
      }
    };

    if (signal?.aborted && !sins.ignoresAbort) onAbort();
    if (sins.readerHoldsASlot) await this.#take(stop.signal);
    void read().finally(() => {
      reading = false;
      wake();
    });
    for (;;) {
      const ready = handOut && !failure && results[0]?.ready ? results.shift() : undefined;
      if (ready) {
        yield ready.value as R;
        if (!sins.unboundedReorderBuffer) this.#give();
      } else if (
        failure ? (inProgress === 0 && !reading) || sins.surfacesTooEarly : !reading && inProgress === 0
      ) {
        break;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    signal?.removeEventListener("abort", onAbort);
    if (failure) throw (failure as { cause: unknown }).cause;
  }

  async #take(signal: AbortSignal): Promise<void> {
    while (this.#free === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#line.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    this.#free--;
  }

  #give(): void {
    this.#free++;
    for (const wake of this.#line.splice(0)) wake();
  }
}

/** The promise, or a rejection as soon as the signal aborts. */
function unless<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
