import { type Checksum, createDigest, type Digest } from "@sluice/object-store";
import { IntegrityError } from "./errors.js";

/** Compares the bytes that pass with a checksum of all of them. */
export class ByteCheck {
  readonly expected: Checksum;
  readonly #digest: Digest;

  constructor(expected: Checksum) {
    this.expected = expected;
    this.#digest = createDigest(expected.algorithm);
  }

  /** Counts a chunk in. The last one is let through only if all of them are right. */
  async update(chunk: Uint8Array, last: boolean): Promise<void> {
    this.#digest.update(chunk);
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
