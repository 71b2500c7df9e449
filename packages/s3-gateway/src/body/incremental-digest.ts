import { sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { createDigest, type Digest, type DigestAlgorithm } from "@sluice/object-store";

interface NodeProcess {
  getBuiltinModule?(name: string): unknown;
}

/**
 * Begins a digest that keeps none of the bytes, in every runtime.
 *
 * Where there is no Node, `createDigest` keeps all bytes for SHA-1 and SHA-256, as WebCrypto digests only in
 * one go: for a body of any length that would be all of it, beside the budget.
 */
export function incrementalDigest(algorithm: DigestAlgorithm): Digest {
  const { process } = globalThis as { process?: NodeProcess };
  const make = process?.getBuiltinModule?.("node:crypto") ? undefined : IN_JAVASCRIPT[algorithm];
  if (make === undefined) return createDigest(algorithm);
  const hash = make();
  return {
    update: (bytes) => void hash.update(bytes),
    done: () => Promise.resolve(new Uint8Array(hash.digest())),
  };
}

const IN_JAVASCRIPT: Partial<
  Record<DigestAlgorithm, () => { update(bytes: Uint8Array): unknown; digest(): Uint8Array }>
> = {
  sha1: () => sha1.create(),
  sha256: () => sha256.create(),
};

export const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
