import type { Permit } from "@sluice/semaphore";

/** What was read, and what has come of it so far. */
export interface Result<R> {
  value: R | undefined;
  isReady: boolean;
  readonly slot: Permit;
  after: Result<R> | undefined;
}

/** A line of results: linked, because the first of an array of ten thousand is dear to take out. */
export class Results<R> {
  #first: Result<R> | undefined;
  #last: Result<R> | undefined;

  add(result: Result<R>): void {
    if (this.#last) this.#last.after = result;
    else this.#first = result;
    this.#last = result;
  }

  /** Takes the first one out, if it is ready. */
  takeReady(): Result<R> | undefined {
    return this.#first?.isReady ? this.#take() : undefined;
  }

  /** Takes all out, ready or not. */
  *takeAll(): Iterable<Result<R>> {
    for (let result = this.#take(); result; result = this.#take()) yield result;
  }

  #take(): Result<R> | undefined {
    const first = this.#first;
    this.#first = first?.after;
    if (!this.#first) this.#last = undefined;
    return first;
  }
}
