import type { ObjectSource, ObjectTarget } from "@sluice/object-store";
import type { Begun, FrameCodec, FrameTransform, NewObject, Resumed } from "../transform.js";
import { wholeFrames } from "../whole-frames.js";
import { BodyKeys, SALT_SIZE, TAG_SIZE } from "./body-key.js";
import { concat, random } from "./bytes.js";
import { checkKeys, type EncryptionKeys, keyIdOf, unwrap, wrap } from "./keys.js";
import { type NodeCrypto, nodeCrypto, nodeFrames } from "./node-frames.js";
import { sealWith, WebFrames } from "./web-frames.js";

export interface AesFramesOptions {
  readonly keys: EncryptionKeys;
  /** Bytes. 1 MiB if left out. */
  readonly frameSize?: number | undefined;
  /** Whether an object opens only under the key that it was written to, or copied to by this store. `true` if left out. */
  readonly bindKey?: boolean | undefined;
  /** `"web"` takes WebCrypto also where there is Node's crypto. Left out: what holds less. */
  readonly cipher?: "web" | undefined;
}

const NAME = "aes256gcm";
// Of Node's: a slice that comes in, and the same sealed or opened.
const SLICES = 4 * 2 ** 16;

/** AES-256-GCM over frames: docs/encryption.md. */
export class AesFrames implements FrameTransform {
  readonly name = NAME;
  readonly frameSize: number;
  readonly overhead = SALT_SIZE + TAG_SIZE;
  readonly holds: { readonly get: number; readonly put: number };
  readonly #keys: EncryptionKeys;
  readonly #bindKey: boolean;
  readonly #node: NodeCrypto | undefined;

  constructor({ keys, frameSize = 2 ** 20, bindKey = true, cipher }: AesFramesOptions) {
    checkKeys(keys);
    this.frameSize = frameSize;
    this.#keys = keys;
    this.#bindKey = bindKey;
    this.#node = cipher === "web" ? undefined : nodeCrypto();
    // WebCrypto copies what it is given, and has the result besides.
    const whole = 3 * (frameSize + this.overhead) + SLICES;
    this.holds = this.#node ? { get: frameSize + SLICES, put: SLICES } : { get: whole, put: whole };
  }

  async begin({ target, context, note }: NewObject): Promise<Begun> {
    const key = random(32);
    const header = await this.#wrap({ key, note }, target, context);
    return { header, codec: this.#codec(key) };
  }

  async resume(header: string, object: ObjectSource, context: string): Promise<Resumed> {
    const { key, note } = await this.#unwrap(header, object, context);
    return { codec: this.#codec(key), note };
  }

  /** Under the current key, and bound to where the copy goes: keys are rotated by copying. */
  async moved(header: string, from: ObjectSource, to: ObjectTarget, context: string): Promise<string> {
    const same = modeOf(header) === "n" || from.key === to.key;
    const wanted = this.#bindKey ? "k" : "n";
    if (same && modeOf(header) === wanted && keyIdOf(wrappedIn(header)) === this.#keys.current) return header;
    return this.#wrap(await this.#unwrap(header, from, context), to, context);
  }

  async #wrap(data: { key: Uint8Array<ArrayBuffer>; note: string }, at: ObjectTarget, context: string) {
    const mode = this.#bindKey ? "k" : "n";
    return `${mode}.${await wrap(this.#keys, data, bound(mode, at, context))}`;
  }

  // How it was bound is what the header says, which is bound as well.
  #unwrap(header: string, at: ObjectTarget, context: string) {
    return unwrap(this.#keys, wrappedIn(header), at, bound(modeOf(header), at, context));
  }

  #codec(dataKey: Uint8Array<ArrayBuffer>): FrameCodec {
    const keys = new BodyKeys(dataKey);
    return {
      ...(this.#node ? nodeFrames(this.#node, keys) : wholeFrames(() => new WebFrames(keys))),
      async sealEmpty(place) {
        const key = await keys.forEmpty(place);
        return concat(key.salt, await sealWith(key, new Uint8Array(0), place));
      },
    };
  }
}

const modeOf = (header: string) => header.slice(0, header.indexOf("."));
const wrappedIn = (header: string) => header.slice(header.indexOf(".") + 1);

const bound = (mode: string, { key }: ObjectTarget, context: string) => ({
  context: `${context}.${mode}`,
  place: mode === "k" ? key : "",
});
