import type { Checksum } from "@sluice/object-store";
import type { Semaphore } from "@sluice/semaphore";
import type { CompactionOptions } from "./compaction-plan.js";
import type { ReadingOptions } from "./reading-options.js";
import type { TransferOptions } from "./transfer-options.js";

export interface UploadOptions extends TransferOptions, ReadingOptions {
  /** Bytes of the body, if known: an upload that turns out shorter or longer is not published. */
  readonly length?: number | undefined;
  /**
   * Bytes, or a size such as `"16MiB"`. If left out 8 MiB; more if a known length asks for it, less if the budget
   * does.
   */
  readonly partSize?: number | string | undefined;
  /**
   * How many parts are read or sent at a time, 4 if left out, and fewer when they have grown; or a semaphore that several
   * uploads share. Of an `AdaptiveSemaphore`, each try of each request is observed.
   */
  readonly slots?: number | Semaphore | undefined;
  /** Bytes shared with others: each part takes its share before it is read, but for what begins it. */
  readonly budget?: Semaphore | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Called after each part, and in between where the transport tells how far it is. If it throws, the upload fails with
   * that error.
   */
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  /**
   * Takes bodies of more than `maxParts` × part size, up to the store's largest object: parts are put together on the
   * store, in temporary objects of the target's bucket. They are all of one size, and not to be resumed. `false` if left
   * out.
   */
  readonly compaction?: boolean | CompactionOptions | undefined;
}

export interface UploadProgress {
  readonly phase: "sending" | "completing" | "done";
  /** Bytes that the store has acknowledged. Never less than before; in the end the size of the object. */
  readonly loaded: number;
  /** Bytes on their way, or there; each once, however often it is sent. Never less than before, nor than `loaded`. */
  readonly sent: number;
  /** Bytes of the whole, once known. */
  readonly total: number | undefined;
  /** Bytes of memory that hold parts at this moment. */
  readonly held: number;
  /** Parts that the store has acknowledged. */
  readonly parts: number;
}

export interface UploadResult {
  readonly bucket: string;
  readonly key: string;
  /** With its quotes; empty only if the store gave none and the parts' ETags do not tell. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** How many parts it took; 1 for a body that went in one `put`. */
  readonly parts: number;
  readonly versionId?: string | undefined;
  readonly checksum?: Checksum | undefined;
  /** Of a multipart upload only. */
  readonly uploadId?: string | undefined;
}
