import { type RetryOptions, retry } from "@sluice/object-store";
import { type Asking, type OpenBody, openBody, type Pin } from "./open-body.js";

//  closed ──ask──▶ open ──last byte──▶ complete
//    ▲              │ └──tries used up, no use in trying──▶ failed
//    └──cut off─────┘
//
// What is asked for again begins at the first byte that is missing: the same request could break off at the
// same place for ever.

const TRIES = 5;

/** One range of the object, read to its end whatever happens to the connection, up to a number of tries. */
export class RangeRead {
  readonly length: number;
  readonly #asking: Asking;
  readonly #retry: RetryOptions;
  readonly #pin: Pin;
  readonly #end: number;
  #at: number;
  #body: OpenBody | undefined;
  #failures = 0;

  /** Bytes `start` to `end`, both included; `body` is what has been asked for already. */
  constructor(
    asking: Asking,
    retry: RetryOptions,
    pin: Pin,
    { start, end }: { readonly start: number; readonly end: number },
    body?: OpenBody,
  ) {
    this.#asking = asking;
    this.#retry = retry;
    this.#pin = pin;
    this.#at = start;
    this.#end = end;
    this.#body = body;
    this.length = end - start + 1;
  }

  /** Bytes that `next` has yet to give. */
  get left(): number {
    return this.#end - this.#at + 1;
  }

  /** The next chunk. Not to be called when nothing is left. */
  async next(): Promise<Uint8Array<ArrayBuffer>> {
    const attempts = (this.#retry.attempts ?? TRIES) - this.#failures;
    try {
      return await this.#try();
    } catch (error) {
      // Only now: a range has thousands of chunks, and next to none of them fails.
      const again = (tries: number) => (tries === 1 ? Promise.reject(error) : this.#try());
      return retry(again, { ...this.#retry, attempts, signal: this.#asking.signal });
    }
  }

  cancel(reason: unknown): void {
    this.#body?.cancel(reason);
  }

  async #try(): Promise<Uint8Array<ArrayBuffer>> {
    try {
      this.#body ??= await openBody(this.#asking, { start: this.#at, end: this.#end }, this.#pin);
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
