import { Queue } from "./queue.js";

export const EMPTY = Symbol("empty");

const DONE = Promise.resolve();
const END = Promise.resolve<IteratorResult<never>>({ done: true, value: undefined });

let resolver: (value: never) => void;
const keepResolver = (resolve: (value: never) => void): void => {
  resolver = resolve;
};

/**
 * A floor: a ring, parked parties without a node for each, and one promise for all sends that find room. At most
 * `lowWater` items left wake the senders; by default every free place does. No weights, no abort, no errors.
 */
export class FloorChannel<T> implements AsyncIterableIterator<T> {
  readonly #capacity: number;
  readonly #lowWater: number;
  #ring: (T | undefined)[];
  #mask: number;
  #head = 0;
  #size = 0;
  readonly #receivers = new Queue<(step: IteratorResult<T>) => void>();
  readonly #senders = new Queue<() => void>();
  readonly #unsent = new Queue<T>();
  #closed = false;

  constructor(capacity: number, lowWater = capacity) {
    this.#capacity = capacity;
    this.#lowWater = lowWater;
    const length = Math.min(1_024, 2 ** Math.ceil(Math.log2(Math.max(2, capacity))));
    this.#ring = new Array<T | undefined>(length).fill(undefined);
    this.#mask = length - 1;
  }

  trySend(item: T): boolean {
    if (this.#receivers.size !== 0) this.#receivers.shift()({ done: false, value: item });
    else if (this.#size < this.#capacity && this.#senders.size === 0) this.#put(item);
    else return false;
    return true;
  }

  send(item: T): Promise<void> {
    if (this.trySend(item)) return DONE;
    const promise = new Promise<void>(keepResolver);
    this.#senders.push(resolver as () => void);
    this.#unsent.push(item);
    return promise;
  }

  tryReceive(): T | typeof EMPTY {
    return this.#size === 0 ? EMPTY : this.#take();
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#size !== 0) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#closed) return END;
    const promise = new Promise<IteratorResult<T>>(keepResolver);
    this.#receivers.push(resolver as (step: IteratorResult<T>) => void);
    return promise;
  }

  async receiveMany(): Promise<T[]> {
    if (this.#size !== 0) return this.drain();
    const { done, value } = await this.next();
    if (done) return [];
    const items = [value];
    for (const item of this.drain()) items.push(item);
    return items;
  }

  drain(): T[] {
    const items = new Array<T>(this.#size);
    for (let at = 0; at < items.length; at++) {
      const place = (this.#head + at) & this.#mask;
      items[at] = this.#ring[place] as T;
      this.#ring[place] = undefined;
    }
    this.#head = (this.#head + items.length) & this.#mask;
    this.#size = 0;
    if (this.#senders.size !== 0) this.#admit();
    return items;
  }

  close(): void {
    this.#closed = true;
    while (this.#receivers.size !== 0) this.#receivers.shift()({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): T {
    const item = this.#ring[this.#head] as T;
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    this.#size--;
    if (this.#senders.size !== 0 && this.#size <= this.#lowWater) this.#admit();
    return item;
  }

  #put(item: T): void {
    if (this.#size > this.#mask) this.#grow();
    this.#ring[(this.#head + this.#size++) & this.#mask] = item;
  }

  #admit(): void {
    while (this.#senders.size !== 0 && this.#size < this.#capacity) {
      this.#put(this.#unsent.shift());
      this.#senders.shift()();
    }
  }

  #grow(): void {
    const ring = new Array<T | undefined>(this.#ring.length * 2).fill(undefined);
    for (let at = 0; at < this.#size; at++) ring[at] = this.#ring[(this.#head + at) & this.#mask];
    this.#ring = ring;
    this.#mask = ring.length - 1;
    this.#head = 0;
  }
}
