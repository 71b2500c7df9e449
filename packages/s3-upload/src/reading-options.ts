import type { Spool } from "./spool.js";

/** How a body is read. */
export interface ReadingOptions {
  /**
   * Whether the parts of a body of unknown length grow. `"double"`: twice as large after each 1,000 of 10,000 parts, as
   * long as two of them fit at a time into the budget, or without one into slots × part size. `"uniform"`: all
   * alike. If left out, they double if `partSize` is left out as well, but not on a store that wants equal parts, as
   * Cloudflare R2 does: there `"double"` is refused, and they are as large as lets all slots have one of the budget.
   */
  readonly growth?: "double" | "uniform" | undefined;
  /** Where parts wait until they are sent. `"memory"` if left out, and for bodies that can be read at any place. */
  readonly spool?: "memory" | Spool | undefined;
  /**
   * Milliseconds that the upload waits for a source that brings nothing, before it fails with `ERR_SOURCE_STALLED`. They
   * do not count while it waits for its budget, for a slot or for the store. May come a quarter late, and never early. If
   * left out, for ever: a log may well be silent for a day.
   */
  readonly idleTimeout?: number | undefined;
  /** Called when something needs attention before it becomes an error. If it throws, the upload fails with that. */
  readonly onWarning?: ((warning: UploadWarning) => void) | undefined;
}

/**
 * Half of the parts, or 80 % of them, are used up, and nobody knows how much is still to come.
 */
export interface UploadWarning {
  readonly code: "WARN_PARTS_HALF" | "WARN_PARTS_SCARCE";
  readonly message: string;
  /** How many parts are used up. */
  readonly parts: number;
  readonly maxParts: number;
  /** Bytes that have been read. */
  readonly bytes: number;
  /** The most bytes that the upload may have. */
  readonly maxBytes: number;
}
