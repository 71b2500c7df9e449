const SMALLEST = 16;

/** A first-in, first-out buffer of weighed items, which may also lose its newest. It grows by doubling and gives its room back when it empties. */
export class Ring<T> {
  #items: (T | undefined)[] = new Array(SMALLEST).fill(undefined);
  #weights: number[] = new Array(SMALLEST).fill(0);
  #first = 0;
  #size = 0;
  #weight = 0;

  get size(): number {
    return this.#size;
  }

  /** The sum of what the items weighed when they came in. */
  get weight(): number {
    return this.#weight;
  }

  push(item: T, weight: number): void {
    if (this.#size === this.#items.length) this.#resize(this.#size * 2);
    const at = (this.#first + this.#size) & (this.#items.length - 1);
    this.#items[at] = item;
    this.#weights[at] = weight;
    this.#size++;
    this.#weight += weight;
  }

  /** The oldest item. The ring must not be empty. */
  shift(): T {
    const at = this.#first;
    const item = this.#items[at] as T;
    this.#items[at] = undefined;
    this.#first = (at + 1) & (this.#items.length - 1);
    this.#size--;
    this.#weight -= this.#weights[at]!;
    if (this.#size === 0 && this.#items.length > 1_024) this.#resize(SMALLEST);
    return item;
  }

  /** The newest item. The ring must not be empty. */
  pop(): T {
    this.#size--;
    const at = (this.#first + this.#size) & (this.#items.length - 1);
    const item = this.#items[at] as T;
    this.#items[at] = undefined;
    this.#weight -= this.#weights[at]!;
    return item;
  }

  #resize(length: number): void {
    const mask = this.#items.length - 1;
    const items = new Array<T | undefined>(length).fill(undefined);
    const weights = new Array<number>(length).fill(0);
    for (let i = 0; i < this.#size; i++) {
      items[i] = this.#items[(this.#first + i) & mask];
      weights[i] = this.#weights[(this.#first + i) & mask]!;
    }
    this.#items = items;
    this.#weights = weights;
    this.#first = 0;
  }
}
