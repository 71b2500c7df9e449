/** The floor: a counting semaphore with nothing but a line of resolvers. */
export class FloorSemaphore {
  #free: number;
  readonly #line: (() => void)[] = [];
  #first = 0;

  constructor(permits: number) {
    this.#free = permits;
  }

  acquire(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return DONE;
    }
    return new Promise((resolve) => {
      this.#line.push(resolve);
    });
  }

  release(): void {
    const next = this.#line[this.#first];
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#first++;
    if (this.#first === this.#line.length) {
      this.#line.length = 0;
      this.#first = 0;
    }
    next();
  }
}

const DONE = Promise.resolve();
