const DONE = Promise.resolve();

let resolver: () => void;
const keepResolver = (resolve: () => void): void => {
  resolver = resolve;
};

/** A floor: weighted, with a ring of resolvers instead of a node for each waiter. Nobody can leave its line. */
export class FloorSemaphoreRing {
  #free: number;
  #mask = 15;
  #line = new Array<(() => void) | undefined>(16).fill(undefined);
  #weights = new Array<number>(16).fill(0);
  #head = 0;
  #tail = 0;

  constructor(permits: number) {
    this.#free = permits;
  }

  tryAcquire(weight = 1): boolean {
    if (this.#head !== this.#tail || this.#free < weight) return false;
    this.#free -= weight;
    return true;
  }

  acquire(weight = 1): Promise<void> {
    return this.tryAcquire(weight) ? DONE : this.#park(weight);
  }

  release(weight = 1): void {
    this.#free += weight;
    while (this.#head !== this.#tail) {
      const at = this.#head & this.#mask;
      const needed = this.#weights[at] as number;
      if (this.#free < needed) return;
      this.#free -= needed;
      const resolve = this.#line[at] as () => void;
      this.#line[at] = undefined;
      this.#head++;
      resolve();
    }
  }

  #park(weight: number): Promise<void> {
    const promise = new Promise<void>(keepResolver);
    if (this.#tail - this.#head > this.#mask) this.#grow();
    const at = this.#tail++ & this.#mask;
    this.#line[at] = resolver;
    this.#weights[at] = weight;
    return promise;
  }

  #grow(): void {
    const mask = this.#mask * 2 + 1;
    const line = new Array<(() => void) | undefined>(mask + 1).fill(undefined);
    const weights = new Array<number>(mask + 1).fill(0);
    for (let at = this.#head; at < this.#tail; at++) {
      line[at & mask] = this.#line[at & this.#mask];
      weights[at & mask] = this.#weights[at & this.#mask] as number;
    }
    this.#line = line;
    this.#weights = weights;
    this.#mask = mask;
  }
}
