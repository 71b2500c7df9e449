import type { Io } from "../io.js";
import type { connect, S3Options } from "../s3.js";
import type { Reporter } from "./progress.js";

export interface CopyOptions extends S3Options {
  /** Bytes. */
  readonly budget: number;
  readonly slots?: number | undefined;
  /** Bytes. */
  readonly partSize?: number | undefined;
  readonly contentType?: string | undefined;
  /** Folders, and all that is in them. */
  readonly recursive?: boolean | undefined;
  /** How many at a time, of a folder. */
  readonly files?: number | undefined;
  readonly followLinks?: boolean | undefined;
  readonly resume?: boolean | undefined;
}

export interface Copy {
  readonly store: Awaited<ReturnType<typeof connect>>["store"];
  readonly options: CopyOptions;
  readonly io: Io;
  readonly report: Reporter;
}
