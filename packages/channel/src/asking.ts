import type { Receiver } from "./halves.js";

//  idle ──ask──▶ asked ──item──▶ idle           `onItem`, in the step in which the item leaves the source
//                  ├────end, failure──▶ over    `onOver`
//                  └────withdraw──────▶ idle    nothing was taken

const WITHDRAWN = Symbol();

/** Asks a receiver for one item at a time, and can take the question back: then nothing was taken. */
export class Asking<T> {
  readonly #source: Receiver<T>;
  readonly #onItem: (item: T) => void;
  readonly #onOver: (failure: { reason: unknown } | undefined) => void;
  #stop = new AbortController();
  #asked = false;
  #over = false;

  constructor(
    source: Receiver<T>,
    onItem: (item: T) => void,
    onOver: (failure: { reason: unknown } | undefined) => void,
  ) {
    this.#source = source;
    this.#onItem = onItem;
    this.#onOver = onOver;
  }

  /** Whether a question is open. */
  get asked(): boolean {
    return this.#asked;
  }

  /** Whether nothing will come any more. */
  get isOver(): boolean {
    return this.#over;
  }

  ask(): void {
    if (this.#asked || this.#over) return;
    this.#asked = true;
    const take = (item: T): void => {
      this.#asked = false;
      this.#onItem(item);
    };
    this.#source.receiveInto(take, { signal: this.#stop.signal }).then(
      (more) => more || this.#end(undefined),
      (reason: unknown) => reason === WITHDRAWN || this.#end({ reason }),
    );
  }

  withdraw(): void {
    if (!this.#asked) return;
    const stop = this.#stop;
    this.#asked = false;
    this.#stop = new AbortController();
    stop.abort(WITHDRAWN);
  }

  /** What is there now, without waiting. */
  tryReceive(): { value: T } | undefined {
    return this.#source.tryReceive();
  }

  /** Leaves the source for good. */
  cancel(reason: unknown): void {
    this.withdraw();
    this.#over = true;
    this.#source.cancel(reason);
  }

  #end(failure: { reason: unknown } | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#asked = false;
    this.#onOver(failure);
  }
}
