import type { FrameCodec, FrameOpener, FramePlace, FrameSealer, Room } from "../transform.js";
import { type BodyKey, type BodyKeys, SALT_SIZE, TAG_SIZE } from "./body-key.js";
import { random } from "./bytes.js";
import { PartKeys } from "./part-keys.js";
import { boundTo, nonceOf } from "./place-bytes.js";

/** As much of Node's crypto as this takes: it is asked for without an import, so that bundlers have nothing to stumble over. */
export interface NodeCrypto {
  createCipheriv(
    name: "aes-256-gcm",
    key: Uint8Array,
    iv: Uint8Array,
    options: { authTagLength: number },
  ): Cipher & { getAuthTag(): Uint8Array };
  createDecipheriv(
    name: "aes-256-gcm",
    key: Uint8Array,
    iv: Uint8Array,
    options: { authTagLength: number },
  ): Cipher & { setAuthTag(tag: Uint8Array): unknown };
}

interface Cipher {
  setAAD(bytes: Uint8Array): unknown;
  update(bytes: Uint8Array): Uint8Array;
  final(): Uint8Array;
}

/** Node's, or one that does as Node's does; undefined where there is none. */
export function nodeCrypto(): NodeCrypto | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const found = process?.getBuiltinModule?.("node:crypto") as NodeCrypto | undefined;
  return found !== undefined && doesAsNode(found) ? found : undefined;
}

// That of workerd, for one, has the same names and does not open piece by piece.
function doesAsNode(crypto: NodeCrypto): boolean {
  const key = new Uint8Array(32);
  const iv = new Uint8Array(12);
  const open = (sealed: readonly Uint8Array[], tag: Uint8Array) => {
    const decipher = crypto.createDecipheriv("aes-256-gcm", key, iv, TAG);
    decipher.setAAD(iv);
    const plain = sealed.map((piece) => decipher.update(piece));
    decipher.setAuthTag(tag);
    decipher.final();
    return plain.map((piece) => [...piece].join());
  };
  try {
    const cipher = crypto.createCipheriv("aes-256-gcm", key, iv, TAG);
    cipher.setAAD(iv);
    const sealed = [1, 2].map((byte) => cipher.update(Uint8Array.of(byte, byte, byte)));
    if (cipher.final().length > 0 || open(sealed, cipher.getAuthTag()).join() !== "1,1,1,2,2,2") return false;
    return isRefused(() => open(sealed, new Uint8Array(TAG_SIZE)));
  } catch {
    return false;
  }
}

function isRefused(attempt: () => unknown): boolean {
  try {
    attempt();
    return false;
  } catch {
    return true;
  }
}

const TAG = { authTagLength: TAG_SIZE };

/**
 * With Node's own ciphers, which take bytes as they come: to seal, no frame is held at all; to open, one, since no byte of
 * it may leave before its tag was seen.
 */
export const nodeFrames = (crypto: NodeCrypto, keys: BodyKeys): Pick<FrameCodec, "sealer" | "opener"> => ({
  sealer: () => new NodeSealer(crypto, keys),
  opener: (room) => new NodeOpener(crypto, keys, room),
});

class NodeSealer implements FrameSealer {
  readonly #crypto: NodeCrypto;
  readonly #keys: BodyKeys;
  #key: BodyKey | undefined;
  #cipher: ReturnType<NodeCrypto["createCipheriv"]> | undefined;

  constructor(crypto: NodeCrypto, keys: BodyKeys) {
    this.#crypto = crypto;
    this.#keys = keys;
  }

  async begin(place: FramePlace): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    this.#key ??= await this.#keys.of(random(SALT_SIZE));
    this.#cipher = this.#crypto.createCipheriv("aes-256-gcm", this.#key.bytes, nonceOf(place), TAG);
    this.#cipher.setAAD(boundTo(place));
    return [this.#key.salt];
  }

  update(plain: Uint8Array): readonly Uint8Array<ArrayBuffer>[] {
    return [own(this.#cipher!.update(plain))];
  }

  end(): readonly Uint8Array<ArrayBuffer>[] {
    const rest = own(this.#cipher!.final());
    return [rest, own(this.#cipher!.getAuthTag())];
  }
}

class NodeOpener implements FrameOpener {
  readonly #crypto: NodeCrypto;
  readonly #keys: PartKeys;
  readonly #room: Room;
  readonly #salt = new Uint8Array(SALT_SIZE);
  readonly #tag = new Uint8Array(TAG_SIZE);
  #place: FramePlace | undefined;
  #size = 0;
  /** How far the sealed frame was read, and the plain one written. */
  #read = 0;
  #written = 0;
  #decipher: ReturnType<NodeCrypto["createDecipheriv"]> | undefined;

  constructor(crypto: NodeCrypto, keys: BodyKeys, room: Room) {
    this.#crypto = crypto;
    this.#keys = new PartKeys(keys);
    this.#room = room;
  }

  begin(place: FramePlace, size: number): void {
    this.#place = place;
    this.#size = size;
    this.#read = 0;
    this.#written = 0;
    this.#decipher = undefined;
  }

  async update(sealed: Uint8Array): Promise<void> {
    let rest = this.#take(sealed, this.#salt, 0);
    if (this.#decipher === undefined) {
      if (this.#read < SALT_SIZE) return;
      this.#decipher = await this.#begun(this.#place!);
    }
    const body = rest.subarray(0, Math.max(0, this.#size - TAG_SIZE - this.#read));
    if (body.length > 0) {
      const plain = this.#decipher.update(body);
      this.#room().set(plain, this.#written);
      this.#written += plain.length;
      this.#read += body.length;
      rest = rest.subarray(body.length);
    }
    this.#take(rest, this.#tag, this.#size - TAG_SIZE);
  }

  end(): Uint8Array {
    const decipher = this.#decipher!;
    decipher.setAuthTag(this.#tag);
    decipher.final();
    // Not asked for by a frame without bytes.
    return this.#written === 0 ? new Uint8Array(0) : this.#room().subarray(0, this.#written);
  }

  async #begun(place: FramePlace) {
    const { bytes } = await this.#keys.of(this.#salt.slice(), place, this.#size);
    const decipher = this.#crypto.createDecipheriv("aes-256-gcm", bytes, nonceOf(place), TAG);
    decipher.setAAD(boundTo(place));
    return decipher;
  }

  /** Fills what lies at `start` of the frame, as far as the bytes reach, and returns those that are left. */
  #take(bytes: Uint8Array, into: Uint8Array, start: number): Uint8Array {
    const at = this.#read - start;
    if (at < 0 || at >= into.length) return bytes;
    const taken = bytes.subarray(0, into.length - at);
    into.set(taken, at);
    this.#read += taken.length;
    return bytes.subarray(taken.length);
  }
}

/** In a buffer of its own: streams take the whole buffer away, and Node's small ones share one. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes;
  const alone = byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
  return alone ? new Uint8Array(buffer) : new Uint8Array(bytes);
}
