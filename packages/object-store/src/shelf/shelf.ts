import type { Checksum, ChecksumAlgorithm } from "../checksum.js";
import type { ListedMultipart, ListedPart, MultipartTarget } from "../multipart.js";
import type { ObjectHeaders, ObjectTarget } from "../object.js";
import type { ObjectLabels } from "../storage-options.js";

/** What is known of a stored object besides its bytes. */
export interface ShelfRecord {
  readonly size: number;
  readonly etag: string;
  readonly lastModified: Date;
  readonly headers: ObjectHeaders & ObjectLabels;
  readonly checksum?: Checksum | undefined;
  readonly partsCount?: number | undefined;
}

/** Bytes on their way in. Nobody sees them until they are published; what is never published must be discarded. */
export interface Draft {
  /** Must not keep the bytes: they belong to the caller again as soon as this has returned or settled. */
  write(bytes: Uint8Array): void | Promise<void>;
  /** Never rejects: what made it necessary is the error to tell. */
  discard(): Promise<void>;
}

/** One version of an object, held open: it can be read whatever happens to its key. */
export interface OpenObject {
  readonly record: ShelfRecord;
  /** Of an object made of parts, in their order. */
  parts(): Promise<readonly ShelfPart[] | undefined>;
  /** At least one byte and at most `limit`, from `start` on, in a buffer that the caller may keep. */
  read(start: number, limit: number): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;
  /** Never rejects, and may be called again. */
  close(): Promise<void>;
}

export interface ShelfPart {
  readonly partNumber: number;
  readonly size: number;
  readonly checksum?: Checksum | undefined;
}

export interface ShelfUpload extends ListedMultipart {
  readonly headers: ObjectHeaders & ObjectLabels;
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined;
  readonly checksumType?: Checksum["type"];
}

/** Goes through the keys of a bucket in the order of their UTF-8 bytes. */
export interface KeyWalk {
  next(): Promise<string | undefined>;
  /** From now on, leaves out the keys that begin with this. */
  skip(prefix: string): void;
}

/**
 * Where bytes and records lie. {@link ShelfStore} makes an object store of it, with all of S3's rules; a shelf only
 * stores and finds. Calls that change one object, or one upload, come one after the other.
 *
 * @typeParam D - its own drafts.
 */
export interface Shelf<D extends Draft = Draft> {
  createBucket(bucket: string, created: Date): Promise<void>;
  hasBucket(bucket: string): Promise<boolean>;
  /** Returns whether it had no objects; only then it is gone, with its uploads. */
  removeBucket(bucket: string): Promise<boolean>;
  buckets(): Promise<readonly { readonly name: string; readonly created: Date }[]>;

  draft(bucket: string, size: number): Promise<D>;
  /** The object is now the draft, in one step: whoever looks finds the old one or the new one. */
  publish(target: ObjectTarget, draft: D, record: ShelfRecord): Promise<void>;
  /** The object keeps its bytes, and has this record from now on, in one step. */
  relabel(target: ObjectTarget, record: ShelfRecord): Promise<void>;
  look(target: ObjectTarget): Promise<ShelfRecord | undefined>;
  open(target: ObjectTarget): Promise<OpenObject | undefined>;
  remove(target: ObjectTarget): Promise<void>;
  /** The keys that begin with the prefix and come after `after`. */
  walk(bucket: string, prefix: string, after: string): KeyWalk;

  createUpload(upload: Omit<ShelfUpload, "uploadId">): Promise<string>;
  upload(target: MultipartTarget): Promise<ShelfUpload | undefined>;
  uploads(bucket: string): Promise<readonly ListedMultipart[]>;
  /** In the place of what the number had before. */
  keepPart(target: MultipartTarget, draft: D, part: ListedPart): Promise<void>;
  /** In the order of their numbers. */
  parts(target: MultipartTarget): Promise<readonly ListedPart[]>;
  /** As `publish`, with the parts; the upload and the parts that are not named are gone then. */
  publishParts(target: MultipartTarget, parts: readonly ShelfPart[], record: ShelfRecord): Promise<void>;
  dropUpload(target: MultipartTarget): Promise<void>;
}
