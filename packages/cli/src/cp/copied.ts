import { IncompleteError } from "../failure.js";
import type { Counts } from "./progress.js";

/** What came of a folder. */
export interface Copied {
  readonly bytes: number;
  readonly counts: Counts;
}

export interface Failure {
  readonly key: string;
  readonly error: unknown;
}

export interface Result<F extends Failure> {
  readonly files: number;
  readonly bytes: number;
  readonly skipped: number;
  readonly failed: readonly F[];
  readonly failedCount: number;
}

/** Throws `ERR_INCOMPLETE` if anything failed. */
export function copied<F extends Failure>(result: Result<F>, nameOf: (failure: F) => string): Copied {
  const { files, bytes, skipped, failed, failedCount } = result;
  if (failedCount === 0) return { bytes, counts: { files, skipped, failed: 0 } };
  const named = failed.map((failure) => ({ name: nameOf(failure), error: failure.error }));
  throw new IncompleteError(named, failedCount, files + failedCount);
}
