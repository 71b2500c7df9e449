import type { Checksum } from "@sluice/object-store";
import type { DownloadOptions, DownloadProgress } from "@sluice/s3-download";

export interface DownloadToFileOptions extends Omit<DownloadOptions, "range" | "budget" | "onProgress"> {
  /**
   * Pays for the bytes that are in memory: for each range at a time 512 KiB, or all of it if it is shorter, before it is
   * asked for.
   */
  readonly budget?: DownloadOptions["budget"];
  /**
   * Whether to go on where an earlier call has ended, however that was, and to leave what has come for the next one when
   * this one fails or is aborted. What belongs to another object, or another version of it, is dropped. If left out or
   * `false`, nothing is left, and nothing that was left is used.
   */
  readonly resume?: boolean | undefined;
  /**
   * With `resume`: bytes, or a text such as `"32MiB"`, which is also what it is if left out. So often is what has come
   * synced and noted; never more than twice as many are fetched again, and 512 KiB for each range at a time.
   */
  readonly syncEvery?: number | string | undefined;
  /** Rejects with `ERR_FILE_EXISTS` rather than replace a file. Needs a file system that has hard links. */
  readonly failIfExists?: boolean | undefined;
  /** Called after every write; `loaded` never falls, and begins with what an earlier call had left. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** A file that is there, whole. */
export interface DownloadedFile {
  /** Absolute, and of no link. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly etag: string;
  readonly versionId: string | undefined;
  /** What the bytes were compared with; undefined if they were not. */
  readonly checksum: Checksum | undefined;
  /** How many bytes an earlier call had left. */
  readonly resumed: number;
}
