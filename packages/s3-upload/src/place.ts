import type { ObjectStore, PartInfo } from "@sluice/object-store";
import type { Integrity, PartDigest } from "./integrity.js";
import type { Requests } from "./requests.js";
import type { TransferOptions } from "./transfer-options.js";

/** Where the steps of one upload are taken, and how. */
export interface Place {
  readonly store: ObjectStore;
  readonly options: TransferOptions;
  readonly integrity: Integrity;
  readonly requests: Requests;
}

export interface SentParts {
  readonly parts: readonly PartInfo[];
  readonly digests: readonly PartDigest[];
  /** Bytes of all of them. */
  readonly size: number;
}
