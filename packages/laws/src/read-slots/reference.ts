import { open, unless } from "./opened.js";
import type { MakeReadSlots, Method, ReadSlotsLike, SourceLike } from "./subject.js";

/** What a small wrong implementation does wrong. */
export interface Sins {
  readsOneAhead?: boolean;
  freesAtOnce?: boolean;
  slotAfterRead?: boolean;
  leaksOnFailedWork?: boolean;
  leaksOnFailedRead?: boolean;
  leaksAtTheEnd?: boolean;
  leaksWhenLeft?: boolean;
  keepsWhatIsLeft?: boolean;
  readerHoldsASlot?: boolean;
  reorders?: boolean;
  unboundedReorderBuffer?: boolean;
  readsOn?: boolean;
  leavesTheSourceOpen?: boolean;
  onlyReturns?: boolean;
  surfacesTooEarly?: boolean;
  surfacesTheLast?: boolean;
  waitsForAStalledSource?: boolean;
  waitsForTheReturn?: boolean;
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

type Task<T, R> = (item: T, signal: AbortSignal) => Promise<R>;

class Reference implements ReadSlotsLike {
  #free: number;
  readonly #sins: Sins;
  readonly #line: (() => void)[] = [];

  constructor(slots: number, sins: Sins) {
    this.#free = slots;
    this.#sins = sins;
  }

  async forEach<T>(
    source: SourceLike<T>,
    task: (item: T, signal: AbortSignal) => unknown,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<void> {
    const work = async (item: T, stop: AbortSignal) => void (await task(item, stop));
    for await (const _ of this.#run("forEach", source, work, signal));
  }

  map<T, R>(
    source: SourceLike<T>,
    task: Task<T, R>,
    { signal, ordered = true }: { signal?: AbortSignal; ordered?: boolean } = {},
  ): AsyncIterable<R> {
    return this.#run(ordered ? "map" : "map unordered", source, task, signal);
  }

  async *#run<T, R>(
    method: Method,
    source: SourceLike<T>,
    task: Task<T, R>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<R> {
    const sins = this.#sins;
    const spare = sins.readsOneAhead ? 1 : 0;
    const handsOut = method !== "forEach";
    const ordered = method === "map" && !sins.reorders;
    const opened = open(source, sins);
    const stop = new AbortController();
    const results: { value?: R; ready: boolean }[] = [];
    let failure: { cause: unknown } | undefined;
    let halted = false;
    let inProgress = 0;
    let reading = true;
    let readFailed = false;
    let ended = false;
    let stopped: Promise<unknown> = Promise.resolve();
    let wake = () => {};

    const halt = (cause: unknown) => {
      if (halted) return;
      halted = true;
      if (!sins.leavesTheSourceOpen && !readFailed && !ended) stopped = opened.stop().catch(() => {});
      if (!sins.waitsForAStalledSource && !sins.readsOn) stop.abort(cause);
      wake();
    };
    const fail = (cause: unknown) => {
      if (!failure || sins.surfacesTheLast) failure = { cause };
      halt(cause);
    };
    const onAbort = () => fail(sins.wrapsTheReason ? new Error("aborted") : signal?.reason);
    if (!sins.ignoresAbort) signal?.addEventListener("abort", onAbort);

    const work = async (item: T) => {
      inProgress++;
      const result: { value?: R; ready: boolean } = { ready: false };
      if (ordered) results.push(result);
      let failed = false;
      if (sins.freesAtOnce) this.#give();
      try {
        result.value = await task(item, stop.signal);
        result.ready = true;
        if (!ordered) results.push(result);
      } catch (cause) {
        failed = true;
        fail(cause);
      }
      inProgress--;
      const kept =
        (failed && sins.leaksOnFailedWork) || (!failed && handsOut && !sins.unboundedReorderBuffer);
      if (!kept && !sins.freesAtOnce) this.#give();
      wake();
    };
    const read = async () => {
      while (!halted || sins.readsOn) {
        if (!sins.slotAfterRead) await this.#take(stop.signal, spare);
        if (stop.signal.aborted) return sins.slotAfterRead ? undefined : this.#give();
        let step: IteratorResult<T> | undefined;
        try {
          step = await unless(stop.signal, opened.next());
        } catch (cause) {
          readFailed = !stop.signal.aborted;
          if (!sins.slotAfterRead && !(readFailed && sins.leaksOnFailedRead)) this.#give();
          if (readFailed) fail(cause);
          return;
        }
        if (step.done) {
          ended = true;
          if (!sins.slotAfterRead && !sins.leaksAtTheEnd) this.#give();
          return;
        }
        if (sins.slotAfterRead) await this.#take(stop.signal, spare);
        void work(step.value);
      }
    };

    if (signal?.aborted && !sins.ignoresAbort) onAbort();
    if (sins.readerHoldsASlot) await this.#take(stop.signal, spare);
    void read().finally(() => {
      reading = false;
      wake();
    });
    const somethingHappens = () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      });
    const keepsSlots = !sins.unboundedReorderBuffer && !sins.freesAtOnce;
    let handedOut = false;
    try {
      for (;;) {
        const ready = handsOut && !failure && results[0]?.ready ? results.shift() : undefined;
        if (ready) {
          handedOut = true;
          yield ready.value as R;
          handedOut = false;
          if (keepsSlots) this.#give();
        } else if (failure && sins.surfacesTooEarly) break;
        else if (!reading && inProgress === 0) break;
        else await somethingHappens();
      }
    } finally {
      halt(undefined);
      if (handedOut && keepsSlots && !sins.leaksWhenLeft) this.#give();
      if (!sins.surfacesTooEarly) while (reading || inProgress > 0) await somethingHappens();
      if (sins.waitsForTheReturn) await stopped;
      if (handsOut && keepsSlots && !sins.keepsWhatIsLeft)
        for (const { ready } of results) if (ready) this.#give();
      signal?.removeEventListener("abort", onAbort);
    }
    if (failure) throw (failure as { cause: unknown }).cause;
  }

  async #take(signal: AbortSignal, spare: number): Promise<void> {
    while (this.#free + spare <= 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          signal.removeEventListener("abort", wake);
          resolve();
        };
        this.#line.push(wake);
        signal.addEventListener("abort", wake);
      });
    }
    this.#free--;
  }

  #give(): void {
    this.#free++;
    for (const wake of this.#line.splice(0)) wake();
  }
}
