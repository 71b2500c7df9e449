const HMAC = { name: "HMAC", hash: "SHA-256" };
const MOST_KEYS = 256;

/** What a signature is valid for. */
export interface Scope {
  readonly accessKeyId: string;
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
}

/** Derived keys, so that a request costs one HMAC and not five. The oldest is forgotten first. */
export class SigningKeys {
  // Only finished keys: nobody ever waits for the derivation that another request has begun.
  readonly #keys = new Map<string, { readonly secret: string; readonly key: CryptoKey }>();

  async get({ accessKeyId, date, region }: Scope, secret: string): Promise<CryptoKey> {
    const name = `${date}\n${region}\n${accessKeyId}`;
    const known = this.#keys.get(name);
    // The secret of an access key may have been changed since.
    if (known?.secret === secret) return known.key;
    let key = await hmacKey(utf8(`AWS4${secret}`));
    for (const step of [date, region, "s3", "aws4_request"]) key = await hmacKey(await hmac(key, utf8(step)));
    this.#keys.delete(name);
    this.#keys.set(name, { secret, key });
    if (this.#keys.size > MOST_KEYS) this.#keys.delete(this.#keys.keys().next().value!);
    return key;
  }
}

/** Base16 of the HMAC of a text. */
export const sign = async (key: CryptoKey, text: string): Promise<string> => hex(await hmac(key, utf8(text)));

/** Base16 of the SHA-256 of a canonical request: each of its characters is one byte of what was sent. */
export async function hashOf(canonical: string): Promise<string> {
  const bytes = Uint8Array.from(canonical, (char) => char.charCodeAt(0));
  return hex(await crypto.subtle.digest("SHA-256", bytes));
}

export const hex = (bytes: ArrayBuffer | Uint8Array): string =>
  Array.from(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

/** Compares without telling by its duration how much is equal. */
export function sameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

const hmacKey = (bytes: BufferSource) => crypto.subtle.importKey("raw", bytes, HMAC, false, ["sign"]);
const hmac = (key: CryptoKey, bytes: BufferSource) => crypto.subtle.sign(HMAC, key, bytes);
const utf8 = (text: string) => new TextEncoder().encode(text);
