import {
  createDigest,
  type Digest,
  type DigestAlgorithm,
  type IntegrityOptions,
  refusal,
} from "@sluice/object-store";

const SIZES = { md5: 16, crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 } as const;

/** Compares a body with the digests that were announced of it. Those are of the plain bytes, which no store sees. */
export class ClaimedDigests {
  readonly #claims: {
    readonly algorithm: DigestAlgorithm;
    readonly value: string;
    readonly digest: Digest;
  }[] = [];

  /** Refuses, before a byte is read, what cannot be a digest. */
  constructor({ contentMd5, checksum }: IntegrityOptions) {
    if (contentMd5 !== undefined) this.#claim("md5", contentMd5, "InvalidDigest");
    if (checksum !== undefined) this.#claim(checksum.algorithm, checksum.value, "InvalidRequest");
  }

  update(bytes: Uint8Array): void {
    for (const { digest } of this.#claims) digest.update(bytes);
  }

  /** Refuses a body that is another one. */
  async compare(): Promise<void> {
    for (const { algorithm, value, digest } of this.#claims) {
      const got = btoa(String.fromCharCode(...(await digest.done())));
      if (got === value) continue;
      throw refusal("BadDigest", `the body's ${algorithm} is ${got}, not the announced ${value}`);
    }
  }

  #claim(algorithm: DigestAlgorithm, value: string, code: string): void {
    const size = SIZES[algorithm];
    if (size === undefined) throw refusal("NotImplemented", `no checksum algorithm ${algorithm}`);
    if (!/^[\w+/]*={0,2}$/.test(value) || value.includes("_") || decodedSize(value) !== size) {
      throw refusal(code, `a ${algorithm} is the base64 of ${size} bytes, got ${value.slice(0, 80)}`);
    }
    this.#claims.push({ algorithm, value, digest: createDigest(algorithm) });
  }
}

const decodedSize = (base64: string) =>
  base64.length % 4 === 0 ? (base64.length / 4) * 3 - (/=*$/.exec(base64)?.[0].length ?? 0) : undefined;
