import type { Meter } from "./meter.js";

/** Wraps an async iterable, or an iterator that is one; each iteration is counted on its own. */
export function limitIterable(source: AsyncIterable<unknown>, meter: () => Meter): AsyncIterable<unknown> {
  if ("next" in source) return new Limited(source as AsyncIterator<unknown>, meter());
  return { [Symbol.asyncIterator]: () => new Limited(source[Symbol.asyncIterator](), meter()) };
}

class Limited implements AsyncGenerator<unknown> {
  readonly #source: AsyncIterator<unknown>;
  readonly #meter: Meter;
  #over = false;

  constructor(source: AsyncIterator<unknown>, meter: Meter) {
    this.#source = source;
    this.#meter = meter;
  }

  next(...args: [] | [unknown]): Promise<IteratorResult<unknown>> {
    return this.#forward(() => this.#source.next(...args));
  }

  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    return (await this.#source.return?.(value)) ?? { done: true, value };
  }

  throw(error?: unknown): Promise<IteratorResult<unknown>> {
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
    const result = await step();
    if (result.done) return result;
    // What was asked for before the limit was crossed, and came after it.
    if (this.#over) return { done: true, value: undefined };
    try {
      this.#meter.count(result.value);
    } catch (error) {
      this.#over = true;
      // Not waited for, and silent: a source that is slow to clean up, or fails at it, must not hide what went wrong.
      this.return().catch(() => {});
      throw error;
    }
    return result;
  }
}
