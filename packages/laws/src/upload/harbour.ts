import type { IntegrityOptions } from "@sluice/object-store";
import { ReferenceStore } from "../store/reference.js";
import { joined } from "../store/reference-body.js";
import type { Kept } from "../store/reference-objects.js";
import { LIMITS } from "../store/reference-uploads.js";
import { areIntact, hex, md5 } from "./digests.js";

/** The reference store as uploads need it: it compares every digest, and its ETags are made as S3 makes them. */
export class Harbour extends ReferenceStore {
  override readonly limits = { ...LIMITS, maxParts: 10_000 };

  protected override isIntact(bytes: Uint8Array, options: IntegrityOptions): Promise<boolean> {
    return areIntact(bytes, options);
  }

  protected override etagOf({ bytes }: Pick<Kept, "bytes">, parts?: readonly Kept[]): string {
    return parts === undefined ? `"${hex(md5(bytes))}"` : etagOfParts(parts.map((part) => md5(part.bytes)));
  }
}

/** The ETag of an object that was joined from parts with these MD5s. */
export const etagOfParts = (digests: readonly Uint8Array[]): string =>
  `"${hex(md5(joined(digests)))}-${digests.length}"`;
