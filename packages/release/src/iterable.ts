import type { StalledError } from "./errors.js";
import type { Hold } from "./hold.js";
import type { Source } from "./leaks.js";
import type { Consumer } from "./time-budget.js";

//  asked ──item──▶ delivered, waits to be asked
//    └─────done, error──▶ released
//  left ──source has been left──▶ released
//  lost ──source told, not waited for──▶ released; who asks hears of it once, then of the end

type Step = IteratorResult<unknown>;

/** Wraps an async iterable, or an iterator that is one. The permit pays for the first iteration. */
export function releaseOnIterableEnd(source: AsyncIterable<unknown>, hold: Hold): AsyncIterable<unknown> {
  const spring = new Spring();
  const reading = new Reading(spring, hold);
  hold.watch(reading, reading, spring);
  if ("next" in source) {
    spring.iterator = source as AsyncIterator<unknown>;
    return reading;
  }
  let begun = false;
  return {
    [Symbol.asyncIterator]() {
      if (begun) return source[Symbol.asyncIterator]();
      begun = true;
      return reading.begin(source);
    },
  };
}

/** Where the items come from, apart from who reads them. */
class Spring implements Source {
  iterator: AsyncIterator<unknown> | undefined;

  async cancel(reason: unknown): Promise<void> {
    const { iterator } = this;
    this.iterator = undefined;
    try {
      await iterator!.return!(reason);
    } catch {
      // It cannot be told, or has been, and how it takes it is nothing that the consumer could act on.
    }
  }
}

class Reading implements AsyncGenerator<unknown>, Consumer {
  readonly #spring: Spring;
  readonly #hold: Hold;
  readonly #asking = new Set<(why: StalledError) => void>();
  #asked = false;
  #waiting = 0;
  #lost: StalledError | undefined;
  #told: boolean | undefined;

  constructor(spring: Spring, hold: Hold) {
    this.#spring = spring;
    this.#hold = hold;
  }

  begin(source: AsyncIterable<unknown>): this {
    if (this.#lost) return this;
    try {
      this.#spring.iterator = source[Symbol.asyncIterator]();
      return this;
    } catch (error) {
      this.#hold.release();
      throw error;
    }
  }

  next(...args: [] | [unknown]): Promise<Step> {
    return this.#ask((source) => source.next(...args));
  }

  throw(error?: unknown): Promise<Step> {
    return this.#ask(async (source) => {
      if (source.throw) return source.throw(error);
      await source.return?.();
      throw error;
    });
  }

  async return(value?: unknown): Promise<Step> {
    try {
      return (await this.#spring.iterator?.return?.(value)) ?? { done: true, value };
    } finally {
      this.#hold.release();
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  waits(): boolean {
    return this.#waiting > 0;
  }

  gotOn(): boolean {
    const asked = this.#asked;
    this.#asked = false;
    return asked;
  }

  lose(why: StalledError): void {
    this.#lost = why;
    for (const reject of this.#asking) reject(why);
    this.#told = this.#asking.size > 0;
    void this.#spring.cancel(why);
  }

  async #ask(step: (source: AsyncIterator<unknown>) => Promise<Step>): Promise<Step> {
    const { iterator } = this.#spring;
    if (!iterator) return this.#afterLoss();
    this.#asked = true;
    this.#waiting++;
    try {
      const result = await (this.#hold.mortal ? this.#orLost(step(iterator)) : step(iterator));
      if (result.done) this.#hold.release();
      return result;
    } catch (error) {
      this.#hold.release();
      throw error;
    } finally {
      this.#waiting--;
    }
  }

  #afterLoss(): Step {
    const why = this.#lost;
    if (!why || this.#told) return { done: true, value: undefined };
    this.#told = true;
    throw why;
  }

  // Not a race with one promise for all: it would keep a reaction for every item.
  #orLost(answer: Promise<Step>): Promise<Step> {
    return new Promise((resolve, reject) => {
      const settled = () => this.#asking.delete(reject);
      this.#asking.add(reject);
      Promise.resolve(answer).finally(settled).then(resolve, reject);
    });
  }
}
