import type { FramePlace } from "../transform.js";
import type { WholeFrames } from "../whole-frames.js";
import { type BodyKey, type BodyKeys, SALT_SIZE, TAG_SIZE } from "./body-key.js";
import { random } from "./bytes.js";
import { PartKeys } from "./part-keys.js";
import { boundTo, nonceOf } from "./place-bytes.js";

/** With WebCrypto, which every runtime has, and which knows frames only as a whole. */
export class WebFrames implements WholeFrames {
  readonly #keys: BodyKeys;
  readonly #opened: PartKeys;
  #sealing: BodyKey | undefined;

  constructor(keys: BodyKeys) {
    this.#keys = keys;
    this.#opened = new PartKeys(keys);
  }

  async seal(plain: Uint8Array<ArrayBuffer>, place: FramePlace): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    this.#sealing ??= await this.#keys.of(random(SALT_SIZE));
    return [this.#sealing.salt.slice(), await sealWith(this.#sealing, plain, place)];
  }

  async open(sealed: Uint8Array<ArrayBuffer>, place: FramePlace): Promise<Uint8Array> {
    const key = await this.#opened.of(sealed.slice(0, SALT_SIZE), place, sealed.length);
    const opened = crypto.subtle.decrypt(algorithmOf(place), await key.web, sealed.subarray(SALT_SIZE));
    return new Uint8Array(await opened);
  }
}

/** The sealed bytes, and the tag behind them. */
export async function sealWith(
  key: BodyKey,
  plain: Uint8Array<ArrayBuffer>,
  place: FramePlace,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.encrypt(algorithmOf(place), await key.web, plain));
}

const algorithmOf = (place: FramePlace) => ({
  name: "AES-GCM",
  iv: nonceOf(place),
  additionalData: boundTo(place),
  tagLength: TAG_SIZE * 8,
});
