import type { Receiver } from "./halves.js";

//  idle ──ask──▶ asked ──item──▶ idle           `onItem`, in the step in which the item leaves the source
//                  ├────end, failure──▶ over    `onOver`
//                  └────recall────────▶ idle    nothing was taken

const WITHDRAWN = Symbol();

/** Takes open questions back, all at once: a signal for each would cost more than all the rest. */
export class Recall {
  readonly open = new Set<object>();
  #stop = new AbortController();

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  all(): void {
    if (this.open.size === 0) return;
    const stop = this.#stop;
    this.#stop = new AbortController();
    this.open.clear();
    stop.abort(WITHDRAWN);
  }
}

/** Asks a receiver for one item at a time, as long as the question is not recalled: then nothing was taken. */
export class Asking<T> {
  readonly #source: Receiver<T>;
  readonly #onItem: (item: T) => void;
  readonly #onOver: (failure: { reason: unknown } | undefined) => void;
  readonly #recall: Recall;
  #over = false;

  constructor(
    source: Receiver<T>,
    recall: Recall,
    onItem: (item: T) => void,
    onOver: (failure: { reason: unknown } | undefined) => void,
  ) {
    this.#source = source;
    this.#recall = recall;
    this.#onItem = onItem;
    this.#onOver = onOver;
  }

  /** Whether a question is open. */
  get asked(): boolean {
    return this.#recall.open.has(this);
  }

  /** Whether nothing will come any more. */
  get isOver(): boolean {
    return this.#over;
  }

  ask(): void {
    if (this.asked || this.#over) return;
    this.#recall.open.add(this);
    const take = (item: T): void => {
      this.#recall.open.delete(this);
      this.#onItem(item);
    };
    this.#source.receiveInto(take, { signal: this.#recall.signal }).then(
      (more) => more || this.#end(undefined),
      (reason: unknown) => reason === WITHDRAWN || this.#end({ reason }),
    );
  }

  /** What is there now, without waiting. */
  tryReceive(): { value: T } | undefined {
    return this.#source.tryReceive();
  }

  /** Leaves the source for good. */
  cancel(reason: unknown): void {
    this.#source.cancel(reason);
  }

  #end(failure: { reason: unknown } | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#onOver(failure);
  }
}
