import { createDigest, type Digest, type DigestAlgorithm, StoreError } from "@sluice/object-store";
import { isDigest } from "./fields.js";
import type { Params } from "./options.js";

const ALGORITHMS: Readonly<Record<string, DigestAlgorithm>> = {
  ContentMD5: "md5",
  ChecksumMD5: "md5",
  ChecksumCRC32: "crc32",
  ChecksumCRC32C: "crc32c",
  ChecksumCRC64NVME: "crc64nvme",
  ChecksumSHA1: "sha1",
  ChecksumSHA256: "sha256",
};

interface Expected {
  readonly name: string;
  readonly value: string;
  readonly digest: Digest;
}

/**
 * The digests that the caller has of the whole body. S3 can compare them with a body that is sent in one request; of
 * one that goes in parts it knows no such digest, so they are compared here, before the parts are made an object.
 */
export class WholeDigests {
  readonly #expected: readonly Expected[];
  readonly #waiting = new Map<number, () => void>();
  #next = 1;

  /** Throws what cannot be compared, before anything is sent. */
  constructor(params: Params) {
    const given = Object.entries(params).filter(
      ([name, value]) => (name === "ContentMD5" || isDigest(name)) && value !== undefined,
    );
    this.#expected = given.map(([name, value]) => ({ name, value: String(value), digest: begin(name) }));
  }

  /** Takes the bytes of a part when those of all before it were taken. */
  async add(number: number, bytes: Uint8Array): Promise<void> {
    if (this.#expected.length === 0) return;
    if (number !== this.#next) await new Promise<void>((resolve) => this.#waiting.set(number, resolve));
    for (const { digest } of this.#expected) digest.update(bytes);
    this.#next++;
    this.#waiting.get(this.#next)?.();
    this.#waiting.delete(this.#next);
  }

  /** Rejects with `BadDigest` if the body is not the one that was announced. */
  async check(): Promise<void> {
    for (const { name, value, digest } of this.#expected) {
      const actual = btoa(String.fromCharCode(...(await digest.done())));
      if (actual === value) continue;
      throw new StoreError("BadDigest", `the body's ${name} is ${actual}, but ${value} was announced`);
    }
  }
}

function begin(name: string): Digest {
  const algorithm = ALGORITHMS[name];
  if (algorithm === undefined || (!isNode() && /^sha/.test(algorithm))) {
    // WebCrypto digests in one go only, which would take the memory of the whole body.
    throw new StoreError(
      "NotImplemented",
      `${name} of a body that takes several parts cannot be compared here`,
    );
  }
  return createDigest(algorithm);
}

const isNode = () =>
  (globalThis as { process?: { getBuiltinModule?: unknown } }).process?.getBuiltinModule !== undefined;
