import { retry } from "@sluice/object-store";
import type { Asking, Pin } from "./asking.js";
import { codeOf } from "./errors.js";
import { type Extent, type Hunger, type OpenBody, openBody } from "./open-body.js";

//  closed ──ask──▶ open ──last byte──▶ complete
//    ▲              │ └──tries used up, no use in trying──▶ failed
//    └──cut off─────┘
//
// What is asked for again begins at the first byte that is missing: the same request could break off at the
// same place for ever.

const TRIES = 5;

/** One range of the object, read to its end whatever happens to the connection, up to a number of tries. */
export class RangeRead {
  readonly start: number;
  readonly end: number;
  readonly #asking: Asking;
  readonly #pin: Pin;
  #at: number;
  #body: OpenBody | undefined;
  #failures = 0;
  #hunger: Hunger | undefined;

  /** `body` is what has been asked for already. */
  constructor(asking: Asking, pin: Pin, { start, end }: Extent, body?: OpenBody) {
    this.#asking = asking;
    this.#pin = pin;
    this.start = start;
    this.end = end;
    this.#at = start;
    this.#body = body;
  }

  /** Bytes that `next` has yet to give. */
  get left(): number {
    return this.end - this.#at + 1;
  }

  /** From now on, `next` is called as soon as it can be. */
  hasten(hunger: Hunger): void {
    this.#hunger = hunger;
  }

  /** The next chunk. Not to be called when nothing is left. */
  async next(): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return await this.#try();
    } catch (error) {
      // Only now: a range has thousands of chunks, and next to none of them fails.
      return this.#again(error);
    }
  }

  cancel(reason: unknown): void {
    this.#body?.cancel(reason);
  }

  async #again(error: unknown): Promise<Uint8Array<ArrayBuffer>> {
    const asking = this.#asking;
    const before = this.#failures - 1;
    const fork = asking.fork();
    try {
      return await retry((tries) => (tries === 1 ? Promise.reject(error) : this.#try()), {
        ...retrying(asking, () => this.#at, this.end, before),
        attempts: (asking.retry.attempts ?? TRIES) - before,
        signal: fork.signal,
      });
    } finally {
      asking.join(fork);
    }
  }

  async #try(): Promise<Uint8Array<ArrayBuffer>> {
    try {
      const missing = { start: this.#at, end: this.end };
      this.#body ??= await openBody(this.#asking, missing, this.#pin, this.#hunger);
      const chunk = await this.#body.read();
      this.#at += chunk.byteLength;
      return chunk;
    } catch (error) {
      this.#failures++;
      this.#body?.cancel(error);
      this.#body = undefined;
      throw error;
    }
  }
}

/** How the requests for one range are tried again; `failures` are those that are not counted by `retry`. */
export function retrying(asking: Asking, start: () => number, end: number, failures = 0) {
  const { retry: options, signal } = asking;
  const onRetry: typeof options.onRetry = (event) => {
    options.onRetry?.(event);
    const { error, delay } = event;
    const attempt = event.attempt + failures;
    asking.tell({ type: "retry", start: start(), end, attempt, delay, code: codeOf(error), error });
  };
  return { ...options, signal, onRetry };
}
