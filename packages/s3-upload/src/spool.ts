import type { DigestAlgorithm } from "@sluice/object-store";
import type { Semaphore } from "@sluice/semaphore";
import { UnsupportedSpoolError } from "./errors.js";
import type { PartSpace } from "./part.js";
import { PartMemory } from "./part-memory.js";

/** Somewhere else than memory where parts wait. `diskSpool` of `@sluice/s3-upload/node` makes one. */
export interface Spool {
  /** Bytes that all parts in it share; undefined if each upload has as much as its slots ask for. */
  readonly limit: Semaphore | undefined;
  /** Room for the parts of one upload. */
  open(use: SpoolUse): PartSpace;
}

/** What an upload needs of a spool. */
export interface SpoolUse {
  /** How many parts wait at a time. */
  readonly slots: number;
  /** Bytes that they take together at the most. */
  readonly room: Semaphore | number;
  /** What pays for memory. */
  readonly budget: Semaphore | undefined;
  /** The digest that each part will be asked for. */
  readonly algorithm: DigestAlgorithm | undefined;
}

export function openSpace(spool: Spool | undefined, use: SpoolUse): PartSpace {
  return spool === undefined ? new PartMemory(use.room, use.algorithm) : spool.open(use);
}

/** Undefined for memory. Throws `ERR_UNSUPPORTED_SPOOL` for what cannot hold parts. */
export function spoolOf(spool: unknown): Spool | undefined {
  if (spool === undefined || spool === "memory") return undefined;
  if (typeof spool === "object" && spool !== null && "open" in spool && typeof spool.open === "function") {
    return spool as Spool;
  }
  throw new UnsupportedSpoolError(spool);
}
