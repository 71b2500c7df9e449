/** Wraps an async iterable, or an iterator that is one. `release` must be safe to call more than once. */
export function releaseOnIterableEnd(
  source: AsyncIterable<unknown>,
  release: () => void,
): AsyncIterable<unknown> {
  if ("next" in source) return new Releasing(source as AsyncIterator<unknown>, release);
  return { [Symbol.asyncIterator]: () => new Releasing(source[Symbol.asyncIterator](), release) };
}

class Releasing implements AsyncGenerator<unknown> {
  readonly #source: AsyncIterator<unknown>;
  readonly #release: () => void;

  constructor(source: AsyncIterator<unknown>, release: () => void) {
    this.#source = source;
    this.#release = release;
  }

  next(...args: [] | [unknown]): Promise<IteratorResult<unknown>> {
    return this.#forward(() => this.#source.next(...args));
  }

  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    try {
      return (await this.#source.return?.(value)) ?? { done: true, value };
    } finally {
      this.#release();
    }
  }

  async throw(error?: unknown): Promise<IteratorResult<unknown>> {
    return this.#forward(() => {
      if (this.#source.throw) return this.#source.throw(error);
      throw error;
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #forward(step: () => Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> {
    try {
      const result = await step();
      if (result.done) this.#release();
      return result;
    } catch (error) {
      this.#release();
      throw error;
    }
  }
}
