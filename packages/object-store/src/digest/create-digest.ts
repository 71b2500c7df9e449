import { bigEndian, Crc32 } from "./crc.js";
import { Crc64Nvme } from "./crc64.js";
import type { Digest, DigestAlgorithm } from "./digest.js";
import { Md5 } from "./md5.js";

/**
 * Begins a digest: with Node's own code where the runtime has it, else in JavaScript.
 *
 * Without Node, `sha1` and `sha256` keep a copy of all bytes until the end, since WebCrypto digests only in one go.
 */
export function createDigest(algorithm: DigestAlgorithm): Digest {
  const native = nodeDigest(algorithm);
  if (native !== undefined) return native;
  switch (algorithm) {
    case "md5":
      return new Md5();
    case "crc32":
    case "crc32c":
      return new Crc32(algorithm);
    case "crc64nvme":
      return new Crc64Nvme();
    case "sha1":
      return new CollectedDigest("SHA-1");
    case "sha256":
      return new CollectedDigest("SHA-256");
  }
}

/** The digest of bytes that are there already. */
export function digestOf(algorithm: DigestAlgorithm, ...pieces: readonly Uint8Array[]): Promise<Uint8Array> {
  const digest = createDigest(algorithm);
  for (const piece of pieces) digest.update(piece);
  return digest.done();
}

class CollectedDigest implements Digest {
  readonly #algorithm: "SHA-1" | "SHA-256";
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];

  constructor(algorithm: "SHA-1" | "SHA-256") {
    this.#algorithm = algorithm;
  }

  update(bytes: Uint8Array): void {
    this.#pieces.push(bytes.slice());
  }

  async done(): Promise<Uint8Array<ArrayBuffer>> {
    const whole = await new Blob(this.#pieces).arrayBuffer();
    return new Uint8Array(await crypto.subtle.digest(this.#algorithm, whole));
  }
}

interface NodeHash {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}
interface NodeCrypto {
  createHash(name: string): NodeHash;
}
interface NodeZlib {
  crc32?(bytes: Uint8Array, before: number): number;
}
interface NodeProcess {
  getBuiltinModule?(name: string): unknown;
}

// `process.getBuiltinModule` asks without importing, so that bundlers for browsers have nothing to stumble over.
function nodeDigest(algorithm: DigestAlgorithm): Digest | undefined {
  const { process } = globalThis as { process?: NodeProcess };
  switch (algorithm) {
    case "md5":
    case "sha1":
    case "sha256": {
      const hash = nodeHash(process?.getBuiltinModule?.("node:crypto") as NodeCrypto | undefined, algorithm);
      return (
        hash && {
          update: (bytes) => void hash.update(bytes),
          done: () => Promise.resolve(new Uint8Array(hash.digest())),
        }
      );
    }
    case "crc32": {
      const zlib = process?.getBuiltinModule?.("node:zlib") as NodeZlib | undefined;
      if (typeof zlib?.crc32 !== "function") return undefined;
      let crc = 0;
      return {
        update: (bytes) => {
          crc = zlib.crc32!(bytes, crc);
        },
        done: () => Promise.resolve(bigEndian(crc)),
      };
    }
    default:
      return undefined;
  }
}

// In FIPS mode, Node refuses MD5. ETags are no secrets.
function nodeHash(crypto: NodeCrypto | undefined, algorithm: string): NodeHash | undefined {
  try {
    return crypto?.createHash(algorithm);
  } catch {
    return undefined;
  }
}
