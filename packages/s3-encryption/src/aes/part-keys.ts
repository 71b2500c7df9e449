import type { FramePlace } from "../transform.js";
import { type BodyKey, type BodyKeys, SALT_SIZE, TAG_SIZE } from "./body-key.js";

/** Sealed bytes of a frame without any of its own. */
export const EMPTY_SIZE = SALT_SIZE + TAG_SIZE;

/** The keys of the frames of one body that is read. */
export class PartKeys {
  readonly #keys: BodyKeys;
  #part: number | undefined;
  #key: BodyKey | undefined;

  constructor(keys: BodyKeys) {
    this.#keys = keys;
  }

  /** `size` is that of the sealed frame. Throws where a part goes on with frames of another time that it was sent. */
  async of(salt: Uint8Array<ArrayBuffer>, { part, last }: FramePlace, size: number): Promise<BodyKey> {
    if (this.#key?.has(salt)) {
      this.#part = part;
      return this.#key;
    }
    // The frame that ends an upload was sealed by itself.
    const isEnd = last && size === EMPTY_SIZE;
    if (this.#part === part && !isEnd) {
      throw new Error("it was sealed with another body than the frames before it");
    }
    this.#part = part;
    this.#key = await this.#keys.of(salt);
    return this.#key;
  }
}
