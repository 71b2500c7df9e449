import type { Checksum, ChecksumAlgorithm } from "./checksum.js";
import type { StoreLimits } from "./limits.js";

/** Where an object is. */
export interface ObjectTarget {
  readonly bucket: string;
  readonly key: string;
}

/** Which object to read; without a version id, the latest. */
export interface ObjectSource extends ObjectTarget {
  readonly versionId?: string | undefined;
}

/**
 * The bytes of a request: pieces in memory, whose length is known and which can be sent again, or a stream
 * with its declared length, which can be sent once. A store sends exactly that many bytes or fails.
 */
export type StoreBody =
  | Uint8Array
  | readonly Uint8Array[]
  | { readonly stream: ReadableStream<Uint8Array>; readonly length: number };

/** Every request can be stopped: an aborted one rejects with `signal.reason` and publishes nothing. */
export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A digest that the body must have, or the store refuses it and publishes nothing. */
export interface IntegrityOptions {
  /** Base64 of the 16 bytes of the body's MD5. */
  readonly contentMd5?: string | undefined;
  readonly checksum?: Checksum | undefined;
}

/** What is kept with an object besides its bytes. */
export interface ObjectHeaders {
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly contentLanguage?: string | undefined;
  readonly cacheControl?: string | undefined;
  /** User metadata: names in lower case, without the `x-amz-meta-`. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface WriteConditions {
  /** Write only if the object does not exist. */
  readonly ifNoneMatch?: "*" | undefined;
  /** Write only over the version with this ETag. */
  readonly ifMatch?: string | undefined;
}

export interface PutOptions extends RequestOptions, IntegrityOptions, ObjectHeaders, WriteConditions {}

export interface PutResult {
  /** With its quotes, as in the header. */
  readonly etag: string;
  readonly versionId?: string | undefined;
  readonly checksum?: Checksum | undefined;
}

/** Bytes `start` to `end`, both included and counted from 0; without `end`, to the last. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number | undefined;
}

export interface ReadConditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

export interface GetOptions extends RequestOptions, ReadConditions {
  readonly range?: ByteRange | undefined;
  /** Only the bytes of this part of a multipart object. Excludes `range`. */
  readonly partNumber?: number | undefined;
}

export type HeadOptions = Omit<GetOptions, "range">;

export interface ObjectInfo extends ObjectHeaders {
  /** Bytes of the whole object, whatever range was asked for. */
  readonly size: number;
  readonly etag: string;
  readonly lastModified: Date;
  readonly versionId?: string | undefined;
  readonly checksum?: Checksum | undefined;
  /** How many parts a multipart object has, when a part was asked for. */
  readonly partsCount?: number | undefined;
}

export interface GetResult extends ObjectInfo {
  /** Which bytes `body` has; `end` is included, and below `start` for an empty object. */
  readonly range: { readonly start: number; readonly end: number };
  /** To be read to its end or cancelled: until then it may hold a connection. */
  readonly body: ReadableStream<Uint8Array>;
}

export interface CopyOptions extends RequestOptions, ObjectHeaders, WriteConditions {
  /** Copy only if the source has this ETag. */
  readonly sourceIfMatch?: string | undefined;
  /** `true` keeps the headers given here in the place of the source's. */
  readonly replaceHeaders?: boolean | undefined;
}

export interface ListOptions extends RequestOptions {
  readonly prefix?: string | undefined;
  /** Keys that have it behind the prefix are rolled up into `commonPrefixes`. */
  readonly delimiter?: string | undefined;
  /** Only keys that come after this one, in the order of their UTF-8 bytes. */
  readonly startAfter?: string | undefined;
  /** Where a page before this one ended: its `next`. */
  readonly continuation?: string | undefined;
  /** At most this many keys and common prefixes; a store may give fewer. */
  readonly limit?: number | undefined;
}

export interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly lastModified: Date;
}

export interface ListPage {
  readonly objects: readonly ListedObject[];
  readonly commonPrefixes: readonly string[];
  /** Pass it as `continuation` to go on; absent on the last page. */
  readonly next?: string | undefined;
}

export interface DeleteManyResult {
  readonly deleted: readonly string[];
  readonly failed: readonly { readonly key: string; readonly code: string; readonly message: string }[];
}

/** One multipart upload that has been begun. */
export interface MultipartTarget extends ObjectTarget {
  readonly uploadId: string;
}

export interface CreateMultipartOptions extends RequestOptions, ObjectHeaders {
  /** The algorithm that every part will carry a checksum of. */
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined;
}

export interface PutPartOptions extends RequestOptions, IntegrityOptions {}

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

/**
 * What Sluice needs of an object store, in the terms of S3. Every method rejects with a {@link StoreError},
 * or with `signal.reason` when it was aborted. What is true of every store is in the laws O1 to O10.
 */
export interface ObjectStore {
  readonly limits: StoreLimits;
  /** Buckets, for stores that let them be made and listed. */
  readonly buckets?: BucketStore | undefined;

  put(target: ObjectTarget, body: StoreBody, options?: PutOptions): Promise<PutResult>;
  get(source: ObjectSource, options?: GetOptions): Promise<GetResult>;
  head(source: ObjectSource, options?: HeadOptions): Promise<ObjectInfo>;
  /** Deleting what is not there is no error. */
  delete(source: ObjectSource, options?: RequestOptions): Promise<void>;
  deleteMany(bucket: string, keys: readonly string[], options?: RequestOptions): Promise<DeleteManyResult>;
  copy(source: ObjectSource, target: ObjectTarget, options?: CopyOptions): Promise<PutResult>;
  /** One page of the objects whose keys begin with the prefix, in the order of their UTF-8 bytes. */
  list(bucket: string, options?: ListOptions): Promise<ListPage>;

  createMultipart(target: ObjectTarget, options?: CreateMultipartOptions): Promise<MultipartTarget>;
  /** Parts are numbered from 1; sending a number again replaces that part. */
  putPart(
    upload: MultipartTarget,
    partNumber: number,
    body: StoreBody,
    options?: PutPartOptions,
  ): Promise<PartInfo>;
  listParts(upload: MultipartTarget, options?: ListPartsOptions): Promise<PartsPage>;
  /** Publishes the object: the named parts in the order of their numbers, which must be ascending. */
  completeMultipart(
    upload: MultipartTarget,
    parts: readonly PartInfo[],
    options?: CompleteOptions,
  ): Promise<PutResult>;
  abortMultipart(upload: MultipartTarget, options?: RequestOptions): Promise<void>;
  listMultiparts(bucket: string, options?: ListMultipartsOptions): Promise<MultipartsPage>;
}

/** Buckets of a store. */
export interface BucketStore {
  /** Making one that exists and is one's own is an error: `BucketAlreadyOwnedByYou`. */
  create(bucket: string, options?: RequestOptions): Promise<void>;
  /** Rejects with `NoSuchBucket` if there is none. */
  head(bucket: string, options?: RequestOptions): Promise<void>;
  /** Only an empty one: else `BucketNotEmpty`. */
  delete(bucket: string, options?: RequestOptions): Promise<void>;
  list(options?: RequestOptions): Promise<readonly { readonly name: string; readonly created: Date }[]>;
}
