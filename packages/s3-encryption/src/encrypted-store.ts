import type { ObjectStore } from "@sluice/object-store";
import { AesFrames, type AesFramesOptions } from "./aes/aes-frames.js";
import { type TransformedStore, transformedStore } from "./transformed-store.js";

export type EncryptionOptions = AesFramesOptions;

/**
 * The store, with everything encrypted before it leaves, and compared and decrypted when it comes back: AES-256-GCM, with a
 * key of its own for each object, kept with the object under a key of yours.
 *
 * Throws `ERR_INVALID_VALUE` for options that make no sense.
 *
 * @example
 * ```ts
 * const keys = { current: "2026", get: (id: string) => (id === "2026" ? bytes : undefined) };
 * const store = encryptedStore(new MemoryStore(), { keys });
 * ```
 */
export const encryptedStore = (store: ObjectStore, options: EncryptionOptions): TransformedStore =>
  transformedStore(store, new AesFrames(options));
