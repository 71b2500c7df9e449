import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { combineChecksums, createDigest, type DigestAlgorithm, isCombinable } from "@sluice/object-store";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

async function digest(algorithm: DigestAlgorithm, pieces: readonly Uint8Array[]): Promise<string> {
  const running = createDigest(algorithm);
  for (const piece of pieces) running.update(piece);
  return hex(await running.done());
}

/** As a runtime that knows nothing of Node would find it. */
const withoutNode = () => vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined as never);
afterEach(() => void vi.restoreAllMocks());

const nodes: Partial<Record<DigestAlgorithm, (bytes: Uint8Array) => string>> = {
  md5: (bytes) => createHash("md5").update(bytes).digest("hex"),
  sha1: (bytes) => createHash("sha1").update(bytes).digest("hex"),
  sha256: (bytes) => createHash("sha256").update(bytes).digest("hex"),
  crc32: (bytes) => crc32(bytes).toString(16).padStart(8, "0"),
};

describe("digests", () => {
  // The check values of the CRC catalogue, and of RFC 1321 and FIPS 180.
  test.each([
    ["md5", "25f9e794323b453885f5181f1b624d0b"],
    ["crc32", "cbf43926"],
    ["crc32c", "e3069283"],
    ["crc64nvme", "ae8b14860a799888"],
    ["sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"],
    ["sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"],
  ] as const)(
    "%s of 123456789 is its published check value, with and without Node",
    async (algorithm, value) => {
      const bytes = new TextEncoder().encode("123456789");
      expect(await digest(algorithm, [bytes])).toBe(value);
      withoutNode();
      expect(await digest(algorithm, [bytes])).toBe(value);
    },
  );

  test.each(["md5", "sha1", "sha256", "crc32"] as const)(
    "%s without Node equals Node's, however the bytes are cut",
    async (algorithm) => {
      withoutNode();
      await fc.assert(
        fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), async (pieces) => {
          expect(await digest(algorithm, pieces)).toBe(nodes[algorithm]!(Buffer.concat(pieces)));
        }),
      );
    },
  );

  // Bit by bit, as the definition has it.
  function slowly(bits: 32 | 64, polynomial: bigint, bytes: Uint8Array): string {
    const all = (1n << BigInt(bits)) - 1n;
    let crc = all;
    for (const byte of bytes) {
      crc ^= BigInt(byte);
      for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
    }
    return (crc ^ all).toString(16).padStart(bits / 4, "0");
  }

  test.each([
    ["crc32", 32, 0xedb88320n],
    ["crc32c", 32, 0x82f63b78n],
    ["crc64nvme", 64, 0x9a6c9329ac4bc9b5n],
  ] as const)(
    "%s without Node is what its definition says, however the bytes are cut",
    async (algorithm, bits, polynomial) => {
      withoutNode();
      await fc.assert(
        fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), async (pieces) => {
          expect(await digest(algorithm, pieces)).toBe(slowly(bits, polynomial, Buffer.concat(pieces)));
        }),
      );
    },
  );
});

describe("the checksum of a whole", () => {
  test.each(["crc32", "crc32c", "crc64nvme"] as const)(
    "follows from the %ss of its pieces, wherever it is cut",
    async (algorithm) => {
      const base64 = async (...pieces: Uint8Array[]) =>
        Buffer.from(await digest(algorithm, pieces), "hex").toString("base64");
      await fc.assert(
        fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 6 }), async (pieces) => {
          const parts = await Promise.all(
            pieces.map(async (piece) => ({ value: await base64(piece), size: piece.length })),
          );
          expect(combineChecksums(algorithm, parts)).toBe(await base64(...pieces));
        }),
      );
    },
  );

  test("follows where the pieces are larger than numbers of 32 bits", async () => {
    // 5 GiB of zeros, from 1 GiB of them, and at once.
    const one = Buffer.from(await digest("crc64nvme", [new Uint8Array(0)]), "hex").toString("base64");
    const MiB = Buffer.from(await digest("crc64nvme", [new Uint8Array(2 ** 20)]), "hex").toString("base64");
    const times = (value: string, size: number, n: number) => ({
      value: combineChecksums(
        "crc64nvme",
        Array.from({ length: n }, () => ({ value, size })),
      ),
      size: size * n,
    });
    const GiB = times(MiB, 2 ** 20, 1024);
    const five = times(GiB.value, GiB.size, 5);
    const sixth = combineChecksums("crc64nvme", [five, GiB]);
    expect(sixth).toBe(combineChecksums("crc64nvme", [GiB, five]));
    expect(combineChecksums("crc64nvme", [five, { value: one, size: 0 }])).toBe(five.value);
  });

  test("cannot be had of digests that are no CRCs, nor of a value that is none", () => {
    expect(["crc32", "crc32c", "crc64nvme", "sha1", "sha256", "toString"].filter(isCombinable)).toHaveLength(
      3,
    );
    expect(() => combineChecksums("crc32", [{ value: "AAAAAAAAAAA=", size: 1 }])).toThrow(
      "a CRC of 32 bits is the base64 of 4 bytes, got AAAAAAAAAAA=",
    );
  });
});
