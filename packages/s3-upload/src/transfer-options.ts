import type {
  CustomerKeyOptions,
  ObjectHeaders,
  RetryOptions,
  StorageOptions,
  WriteConditions,
} from "@sluice/object-store";
import type { ResumeToken } from "./checkpoint.js";
import type { UploadEvent } from "./events.js";
import type { ChecksumType, Integrity } from "./integrity.js";

/** What concerns the store's side of an upload. */
export interface TransferOptions extends ObjectHeaders, StorageOptions, CustomerKeyOptions, WriteConditions {
  /** The account that must own the bucket, or nothing is written. */
  readonly expectedBucketOwner?: string | undefined;
  /**
   * The digest that each part carries, for the store to check, and that its answers are compared with. `"crc32"` if left
   * out. A store that knows no checksums ignores them: choose `"md5"` there.
   */
  readonly integrity?: Integrity | undefined;
  /**
   * What the checksum of an object of many parts is of: all its bytes, or the checksums of the parts. Left out: all its
   * bytes where the algorithm can do that, which are the CRCs.
   */
  readonly checksumType?: ChecksumType | undefined;
  /** For each request of the upload. A part that is sent again keeps its number and its bytes. */
  readonly retry?: RetryOptions | undefined;
  /** Called as it happens. If it throws, the upload fails with that error. */
  readonly onEvent?: ((event: UploadEvent) => void) | undefined;
  /** Continues the upload that the token is of. The body must be the same, from its begin. */
  readonly resume?: ResumeToken | undefined;
  /**
   * Called when a multipart upload has begun, and after each part that has arrived, with what it takes to continue from
   * there. The token is JSON, holds no secrets, and has at most 100 bytes a part. If it throws, the upload fails with that
   * error.
   */
  readonly onCheckpoint?: ((token: ResumeToken) => void) | undefined;
  /**
   * `true` leaves the multipart upload and its parts on the store after a failure or an abort. They cost money until they
   * are aborted. Left out: only if there is a token to continue it by.
   */
  readonly leavePartsOnError?: boolean | undefined;
}
