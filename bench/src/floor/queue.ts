/** First in, first out. The first is kept outside of the array: a queue of one, the common case, touches no array. */
export class Queue<T> {
  size = 0;
  #first: T | undefined;
  readonly #others: (T | undefined)[] = [];
  #head = 0;

  push(value: T): void {
    if (this.size++ === 0) this.#first = value;
    else this.#others.push(value);
  }

  /** Only of a queue that is not empty. */
  shift(): T {
    const first = this.#first as T;
    this.#first = --this.size === 0 ? undefined : this.#next();
    return first;
  }

  #next(): T | undefined {
    const others = this.#others;
    const next = others[this.#head];
    others[this.#head++] = undefined;
    if (this.#head === others.length) {
      others.length = 0;
      this.#head = 0;
    } else if (this.#head > 1_024 && this.#head * 2 > others.length) {
      others.splice(0, this.#head);
      this.#head = 0;
    }
    return next;
  }
}
