import { readFile } from "node:fs/promises";
import { type EncryptionKeys, encryptedStore } from "@sluice/s3-encryption";
import { UsageError } from "../failure.js";
import type { OpenStore } from "./open-store.js";

/**
 * The store with everything in it encrypted, under the keys of a file; as it is, without a file.
 *
 * - **Order:** the file is read first, so that nothing is opened in vain.
 * - **Abort:** not needed: it is over at once.
 * - **Errors:** `ERR_USAGE` for a file that has no keys in it; those of the system, and of `open`.
 */
export async function openEncrypted(
  keyFile: string | undefined,
  open: () => Promise<OpenStore>,
): Promise<OpenStore> {
  if (keyFile === undefined) return open();
  const keys = keysIn(await readFile(keyFile, "utf8"), keyFile);
  const { store, place, close } = await open();
  return { store: encryptedStore(store, { keys }), place: `encrypted ${place}`, close };
}

/**
 * The keys of a file: one a line, each 32 bytes in hex or base64, with its name and a blank in front. The first one is for new
 * objects. A single key may go without a name, which is then `default`.
 */
export function keysIn(text: string, file: string): EncryptionKeys {
  const lines = text
    .split("\n")
    .map((line, i) => ({ words: line.trim().split(/\s+/), at: `${file}, line ${i + 1}` }))
    .filter(({ words: [first = ""] }) => first !== "" && !first.startsWith("#"));
  const known = new Map<string, Uint8Array>();
  for (const { words, at } of lines) {
    const [name, key, more] = words.length === 1 && lines.length === 1 ? ["default", words[0]] : words;
    // The line itself is not shown: it may have a key in it.
    if (name === undefined || key === undefined || more !== undefined || !/^[\w-]{1,64}$/.test(name)) {
      throw new UsageError(`${at}: must be a name of letters, digits, _ and -, a blank, and a key`);
    }
    if (known.has(name)) throw new UsageError(`${at}: the name ${name} was there before`);
    known.set(name, keyBytes(key, at));
  }
  const [current] = known.keys();
  if (current === undefined) throw new UsageError(`${file}: must have a key in it`);
  return { current, get: (id) => known.get(id) };
}

function keyBytes(text: string, at: string): Uint8Array {
  if (/^[0-9a-f]{64}$/i.test(text)) return new Uint8Array(Buffer.from(text, "hex"));
  if (/^[\w+/-]{43}=?$/.test(text)) return new Uint8Array(Buffer.from(text, "base64"));
  throw new UsageError(`${at}: the key must be 32 bytes, as 64 hex digits or as base64`);
}
