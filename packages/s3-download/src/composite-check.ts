import { type Checksum, createDigest, type Digest, type ObjectInfo } from "@sluice/object-store";
import { type ByteCheck, SLICE } from "./byte-check.js";
import { IntegrityError } from "./errors.js";
import { type Part, PartLine } from "./part-line.js";
import { turn } from "./turn.js";

//  between parts ──bytes──▶ in a part ──its last byte: compared──▶ between parts ──last byte: compared──▶ done

/** How many parts a composite checksum is of; undefined if it is none, or does not say. */
export function partsOf({ value }: Checksum): number | undefined {
  const [, count] = /-([1-9]\d{0,4})$/.exec(value) ?? [];
  return count === undefined ? undefined : Number(count);
}

/**
 * Compares the bytes that pass with a checksum of the parts' checksums, and those of each part with its own, if the store
 * has kept that. Holds two digests and what is known of a few parts, however many there are.
 */
export class CompositeCheck implements ByteCheck {
  readonly #expected: Checksum;
  readonly #parts: PartLine;
  readonly #whole: Digest;
  #digest: Digest;
  #part: Part | undefined;
  #left = 0;
  /** Bytes that may be digested before the event loop has to turn. */
  #room = SLICE;

  private constructor(expected: Checksum, parts: PartLine) {
    this.#expected = expected;
    this.#parts = parts;
    this.#whole = createDigest(expected.algorithm);
    this.#digest = createDigest(expected.algorithm);
  }

  /**
   * Finds out whether there is a way to compare.
   *
   * - **Order:** nothing but the first of several parts is asked for; a few more with the first byte.
   * - **Abort:** as the requests.
   * - **Errors:** those of the requests; `ERR_INTEGRITY` if the store does not say where parts end.
   *
   * @param ask for a part of this very version of the object.
   */
  static async begin(
    expected: Checksum,
    size: number,
    ask: (partNumber: number) => Promise<ObjectInfo>,
  ): Promise<CompositeCheck> {
    const count = partsOf(expected);
    if (count === undefined) {
      throw new IntegrityError(`the checksum ${expected.value} does not say of how many parts it is`);
    }
    const parts = new PartLine(size, count, ask);
    await parts.look();
    return new CompositeCheck(expected, parts);
  }

  /**
   * Counts a chunk in. The last one of the object, or of a part whose checksum is known, is let through only if it is right.
   *
   * - **Order:** the object's; one at a time.
   * - **Abort:** as the requests.
   * - **Errors:** those of the requests; `ERR_INTEGRITY`.
   */
  async update(chunk: Uint8Array, last: boolean): Promise<void> {
    for (let at = 0; at < chunk.byteLength; ) {
      while (this.#left === 0) await this.#begin();
      if (this.#room === 0) {
        await turn();
        this.#room = SLICE;
      }
      const slice = chunk.subarray(at, at + Math.min(this.#left, this.#room));
      this.#digest.update(slice);
      at += slice.byteLength;
      this.#left -= slice.byteLength;
      this.#room -= slice.byteLength;
      if (this.#left === 0) await this.#end();
    }
    if (last) await this.#finish();
  }

  async #begin(): Promise<void> {
    const part = await this.#parts.take();
    this.#part = part;
    this.#left = part.stop - part.start;
    // A part may be empty.
    if (this.#left === 0) await this.#end();
  }

  async #end(): Promise<void> {
    const { algorithm } = this.#expected;
    const digest = await this.#digest.done();
    const { number, start, stop, checksum } = this.#part!;
    const found = base64(digest);
    if (checksum?.algorithm === algorithm && checksum.value !== found) {
      const bytes = `bytes ${start} to ${stop - 1}`;
      throw new IntegrityError(
        `the ${algorithm} of part ${number}, ${bytes}, is ${checksum.value}, but that of the bytes read is ${found}`,
      );
    }
    this.#whole.update(digest);
    this.#digest = createDigest(algorithm);
  }

  async #finish(): Promise<void> {
    while (this.#parts.left > 0) await this.#begin();
    const { algorithm, value } = this.#expected;
    const found = base64(await this.#whole.done());
    if (found !== value.replace(/-\d+$/, "")) {
      throw new IntegrityError(
        `the ${algorithm} of the parts' checksums is ${value}, but that of the bytes read is ${found}`,
      );
    }
  }
}

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
