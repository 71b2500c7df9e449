import type { Checksum, ChecksumAlgorithm } from "./checksum.js";
import type {
  ComputedChecksumOptions,
  IntegrityOptions,
  ObjectHeaders,
  ObjectTarget,
  RequestOptions,
  SendingOptions,
  SourceConditions,
  WriteConditions,
} from "./object.js";
import type { CustomerKeyOptions, StorageOptions } from "./storage-options.js";

/** One multipart upload that has been begun. */
export interface MultipartTarget extends ObjectTarget {
  readonly uploadId: string;
}

export interface CreateMultipartOptions
  extends RequestOptions,
    ObjectHeaders,
    StorageOptions,
    CustomerKeyOptions {
  /** The algorithm that every part will carry a checksum of. */
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined;
  /**
   * Whether the object's checksum will be of all its bytes, which only the CRCs can be, or of the parts' checksums, which
   * `crc64nvme` cannot be. Left out: composite where it can be.
   */
  readonly checksumType?: Checksum["type"];
}

export interface PutPartOptions
  extends RequestOptions,
    SendingOptions,
    IntegrityOptions,
    ComputedChecksumOptions,
    CustomerKeyOptions {}

export interface CopyPartOptions extends RequestOptions, SourceConditions, CustomerKeyOptions {
  /** Only these bytes of the source, both ends included; one beyond its end is `InvalidRange`. Left out: all of it. */
  readonly range?: { readonly start: number; readonly end: number } | undefined;
  /** The `customerKey` that the source was written with. */
  readonly sourceCustomerKey?: Uint8Array | undefined;
}

/** A part as the store has it. */
export interface PartInfo {
  readonly partNumber: number;
  readonly etag: string;
  readonly checksum?: Checksum | undefined;
  /** As in `PutResult`; a listing does not tell it. */
  readonly encryption?: string | undefined;
}

export interface ListedPart extends PartInfo {
  readonly size: number;
  readonly lastModified: Date;
}

export interface PartsPage {
  readonly parts: readonly ListedPart[];
  /** What the upload was begun for, where the store tells. */
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined;
  readonly checksumType?: Checksum["type"];
  /** Pass it as `after` to go on; absent on the last page. */
  readonly next?: number | undefined;
}

export interface ListPartsOptions extends RequestOptions, CustomerKeyOptions {
  /** Only parts with a larger number. */
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
}

export interface CompleteOptions extends RequestOptions, CustomerKeyOptions, WriteConditions {
  /** Bytes that the object must have, or the store refuses to complete it. */
  readonly size?: number | undefined;
  /** The checksum that the object must have. Of all its bytes, for an upload that was begun so. */
  readonly checksum?: Checksum | undefined;
  /** What kind the upload must have been begun for, or the store refuses with `BadDigest`. */
  readonly checksumType?: Checksum["type"];
}

export interface ListedMultipart extends MultipartTarget {
  readonly initiated: Date;
}

export interface MultipartsPage {
  readonly uploads: readonly ListedMultipart[];
  /** What keys have in common up to the delimiter, if one was given. */
  readonly commonPrefixes?: readonly string[] | undefined;
  readonly next?: string | undefined;
}

export interface ListMultipartsOptions extends RequestOptions {
  readonly prefix?: string | undefined;
  /** Uploads whose keys have it behind the prefix are rolled up into `commonPrefixes`. */
  readonly delimiter?: string | undefined;
  /** Only uploads of keys that come after this one. */
  readonly startAfter?: string | undefined;
  readonly continuation?: string | undefined;
  readonly limit?: number | undefined;
}
