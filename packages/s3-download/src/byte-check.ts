import { type Checksum, createDigest, type Digest } from "@sluice/object-store";
import { IntegrityError } from "./errors.js";
import { turn } from "./turn.js";

/** Looks at the bytes of an object as they pass, in order. */
export interface ByteCheck {
  /**
   * Counts a chunk in. The last one is let through only if all of them are right.
   *
   * - **Order:** the object's; one at a time.
   * - **Abort:** knows of none, and is soon done; what has to ask for something fails as its requests.
   * - **Errors:** `ERR_INTEGRITY`; those of such requests.
   */
  update(chunk: Uint8Array, last: boolean): Promise<void>;
}

// Of the slowest digest, some 3 ms: sockets and timers wait no longer than that.
export const SLICE = 2 ** 20;

/** Compares all bytes with a checksum of all of them. */
export class ChecksumCheck implements ByteCheck {
  readonly expected: Checksum;
  readonly #digest: Digest;
  /** Bytes that may be digested before the event loop has to turn. */
  #room = SLICE;

  constructor(expected: Checksum) {
    this.expected = expected;
    this.#digest = createDigest(expected.algorithm);
  }

  async update(chunk: Uint8Array, last: boolean): Promise<void> {
    for (let at = 0; at < chunk.byteLength; ) {
      // Chunks that were read ahead come without a turn in between.
      if (this.#room === 0) {
        await turn();
        this.#room = SLICE;
      }
      const slice = chunk.subarray(at, at + this.#room);
      this.#digest.update(slice);
      at += slice.byteLength;
      this.#room -= slice.byteLength;
    }
    if (!last) return;
    const { algorithm, value } = this.expected;
    const found = base64(await this.#digest.done());
    if (found !== value) {
      throw new IntegrityError(
        `the object's ${algorithm} is ${value}, but that of the bytes read is ${found}`,
      );
    }
  }
}

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
