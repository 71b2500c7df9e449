import type { Checksum, ChecksumAlgorithm } from "./checksum.js";
import type {
  IntegrityOptions,
  ObjectHeaders,
  ObjectTarget,
  RequestOptions,
  WriteConditions,
} from "./object.js";

/** One multipart upload that has been begun. */
export interface MultipartTarget extends ObjectTarget {
  readonly uploadId: string;
}

export interface CreateMultipartOptions extends RequestOptions, ObjectHeaders {
  /** The algorithm that every part will carry a checksum of. */
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined;
}

export interface PutPartOptions extends RequestOptions, IntegrityOptions {}

export interface CopyPartOptions extends RequestOptions {
  /** Only these bytes of the source, both ends included; one beyond its end is `InvalidRange`. Left out: all of it. */
  readonly range?: { readonly start: number; readonly end: number } | undefined;
  /** Copy only if the source has this ETag. */
  readonly sourceIfMatch?: string | undefined;
}

/** A part as the store has it. */
export interface PartInfo {
  readonly partNumber: number;
  readonly etag: string;
  readonly checksum?: Checksum | undefined;
}

export interface ListedPart extends PartInfo {
  readonly size: number;
  readonly lastModified: Date;
}

export interface PartsPage {
  readonly parts: readonly ListedPart[];
  /** Pass it as `after` to go on; absent on the last page. */
  readonly next?: number | undefined;
}

export interface ListPartsOptions extends RequestOptions {
  /** Only parts with a larger number. */
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
}

export interface CompleteOptions extends RequestOptions, WriteConditions {
  /** Bytes that the object must have, or the store refuses to complete it. */
  readonly size?: number | undefined;
}

export interface ListedMultipart extends MultipartTarget {
  readonly initiated: Date;
}

export interface MultipartsPage {
  readonly uploads: readonly ListedMultipart[];
  readonly next?: string | undefined;
}

export interface ListMultipartsOptions extends RequestOptions {
  readonly prefix?: string | undefined;
  readonly continuation?: string | undefined;
  readonly limit?: number | undefined;
}
