import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { createDigest, type DigestAlgorithm } from "@sluice/object-store";
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
});
