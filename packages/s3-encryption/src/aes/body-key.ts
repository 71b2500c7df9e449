import type { FramePlace } from "../transform.js";
import { utf8 } from "./bytes.js";
import { derive, gcmKey, hkdfKey } from "./derive.js";

// In front of each frame, the same for all frames of one body: which of the object's keys it is.
export const SALT_SIZE = 16;
export const TAG_SIZE = 16;

/** The key of one body: one put, or one part, sent once. */
export class BodyKey {
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
  #web: Promise<CryptoKey> | undefined;

  constructor(salt: Uint8Array<ArrayBuffer>, bytes: Uint8Array<ArrayBuffer>) {
    this.salt = salt;
    this.bytes = bytes;
  }

  get web(): Promise<CryptoKey> {
    this.#web ??= gcmKey(this.bytes);
    return this.#web;
  }

  has(salt: Uint8Array): boolean {
    return salt.every((byte, i) => byte === this.salt[i]);
  }
}

/** The keys that follow from the data key of one object. */
export class BodyKeys {
  readonly #dataKey: Promise<CryptoKey>;

  constructor(dataKey: Uint8Array<ArrayBuffer>) {
    this.#dataKey = hkdfKey(dataKey);
    this.#dataKey.catch(() => {});
  }

  async of(salt: Uint8Array<ArrayBuffer>): Promise<BodyKey> {
    return new BodyKey(salt, await derive(await this.#dataKey, salt, "sluice frames 1 body", 32));
  }

  /** For a frame without bytes: what is sealed under it is always the same. */
  async forEmpty({ part, index, count }: FramePlace): Promise<BodyKey> {
    const place = utf8(JSON.stringify([part, index, count]));
    return this.of(await derive(await this.#dataKey, place, "sluice frames 1 empty", SALT_SIZE));
  }
}
