import { InvalidValueError, type ObjectTarget } from "@sluice/object-store";
import { UnknownKeyError, WrongKeyError } from "../errors.js";
import { concat, fromBase64Url, random, toBase64Url, utf8 } from "./bytes.js";
import { derive, gcmKey, hkdfKey } from "./derive.js";

/** 32 random bytes, or a `CryptoKey` of the algorithm HKDF that `deriveBits` may use, which need not be extractable. */
export type EncryptionKey = Uint8Array | CryptoKey;

/** Keys by their names, of which one is for new objects. */
export interface EncryptionKeys {
  /** The name of the key that new objects are sealed under. 1 to 64 letters, digits, `_` and `-`. */
  readonly current: string;
  /**
   * The key of this name; undefined if there is none.
   *
   * - **Order:** asked for each object that is written, and for each that is read.
   * - **Abort:** not needed; nothing is sent, and no body is read, before it has answered.
   * - **Errors:** what it rejects with is passed on.
   */
  get(id: string): EncryptionKey | undefined | Promise<EncryptionKey | undefined>;
}

export interface DataKey {
  readonly key: Uint8Array<ArrayBuffer>;
  /** What was wrapped along with it. */
  readonly note: string;
}

/** What a wrapped key is bound to: it opens with the same again, and with nothing else. */
export interface Bound {
  readonly context: string;
  /** Where the object is, or empty. */
  readonly place: string;
}

const KEY_SIZE = 32;
const SALT_SIZE = 32;
const TAG_SIZE = 16;
const ID = /^[\w-]{1,64}$/;

export function checkKeys(keys: EncryptionKeys): void {
  if (typeof keys?.get !== "function") {
    throw new InvalidValueError("keys", typeof keys, "an object with `current` and `get`");
  }
  if (!ID.test(keys.current)) {
    throw new InvalidValueError("keys.current", keys.current, "1 to 64 letters, digits, _ and -");
  }
}

//  SALT (32) | AES-256-GCM( data key (32) | note ), with a key derived from the named one and the salt: it is used once,
//  so that its nonce can be nothing but zeros, and there is no limit to how many objects one key is good for.

/** The data key under the current key, with that key's name in front. */
export async function wrap(keys: EncryptionKeys, { key, note }: DataKey, bound: Bound): Promise<string> {
  const id = keys.current;
  if (!ID.test(id)) throw new InvalidValueError("keys.current", id, "1 to 64 letters, digits, _ and -");
  const salt = random(SALT_SIZE);
  const how = await wrapping(await found(keys, id), id, salt, bound);
  const wrapped = await crypto.subtle.encrypt(how.algorithm, how.key, concat(key, utf8(note)));
  return `${id}.${toBase64Url(concat(salt, new Uint8Array(wrapped)))}`;
}

/** Throws what tells an unknown key from a wrong one. */
export async function unwrap(
  keys: EncryptionKeys,
  wrapped: string,
  at: ObjectTarget,
  bound: Bound,
): Promise<DataKey> {
  const [id = "", text = ""] = wrapped.split(".");
  const bytes = fromBase64Url(text);
  if (bytes === undefined || bytes.length < SALT_SIZE + KEY_SIZE + TAG_SIZE) throw new WrongKeyError(id, at);
  const how = await wrapping(await found(keys, id, at), id, bytes.slice(0, SALT_SIZE), bound);
  const opened = await crypto.subtle.decrypt(how.algorithm, how.key, bytes.slice(SALT_SIZE)).catch(() => {
    throw new WrongKeyError(id, at);
  });
  const plain = new Uint8Array(opened);
  return { key: plain.slice(0, KEY_SIZE), note: new TextDecoder().decode(plain.subarray(KEY_SIZE)) };
}

/** Under which key it is wrapped. */
export const keyIdOf = (wrapped: string): string => wrapped.split(".")[0]!;

async function wrapping(from: CryptoKey, id: string, salt: Uint8Array<ArrayBuffer>, bound: Bound) {
  const key = await gcmKey(await derive(from, salt, "sluice frames 1 wrap", KEY_SIZE));
  const additionalData = utf8(JSON.stringify([bound.context, id, bound.place]));
  return { key, algorithm: { name: "AES-GCM", iv: new Uint8Array(12), additionalData } };
}

async function found(keys: EncryptionKeys, id: string, at?: ObjectTarget): Promise<CryptoKey> {
  const key = ID.test(id) ? await keys.get(id) : undefined;
  if (key === undefined) throw new UnknownKeyError(id.slice(0, 80), at);
  if (!(key instanceof Uint8Array)) return key;
  if (key.length !== KEY_SIZE) {
    throw new InvalidValueError(`the length of the key ${id}`, key.length, `${KEY_SIZE} bytes`);
  }
  return hkdfKey(new Uint8Array(key));
}
