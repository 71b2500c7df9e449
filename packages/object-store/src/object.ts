import type { Checksum, ChecksumAlgorithm, LateChecksum } from "./checksum.js";
import type { CustomerKeyOptions, ObjectLabels, StorageOptions } from "./storage-options.js";

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
  /** The account that must own the bucket, or the store refuses with `AccessDenied`. Stores without accounts do not look. */
  readonly expectedBucketOwner?: string | undefined;
}

/** For who wants to know how far a body has come. */
export interface SendingOptions {
  /**
   * Called with the number of further bytes of the body that the transport has taken, as it takes them. A store whose
   * transport does not say calls it never. Must not throw.
   */
  readonly onSent?: ((bytes: number) => void) | undefined;
}

/** A digest that the body must have, or the store refuses it and publishes nothing. */
export interface IntegrityOptions {
  /** Base64 of the 16 bytes of the body's MD5. */
  readonly contentMd5?: string | undefined;
  readonly checksum?: Checksum | undefined;
  /**
   * The checksum of a stream that tells it at its end, in the place of `checksum`. A store that can send it behind the body
   * does so, and any other leaves it out: who gives the stream has to compare it with the bytes.
   */
  readonly trailer?: LateChecksum | undefined;
}

/** For who knows a checksum only when the last byte has been read, or wants one of another kind than there was. */
export interface ComputedChecksumOptions {
  /**
   * The store computes this checksum of the bytes and keeps it, unless a `checksum` is there. A store that would have to send
   * it ahead of the bytes leaves it out. An upload that was begun for another one refuses it.
   */
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined;
}

/** What is kept with an object besides its bytes. */
export interface ObjectHeaders {
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly contentLanguage?: string | undefined;
  readonly cacheControl?: string | undefined;
  /** From when on caches must ask again. Whole seconds. */
  readonly expires?: Date | undefined;
  /** User metadata: names in lower case, without the `x-amz-meta-`. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface WriteConditions {
  /** Write only if the object does not exist. */
  readonly ifNoneMatch?: "*" | undefined;
  /** Write only over the version with this ETag. */
  readonly ifMatch?: string | undefined;
}

export interface PutOptions
  extends RequestOptions,
    SendingOptions,
    IntegrityOptions,
    ComputedChecksumOptions,
    ObjectHeaders,
    StorageOptions,
    CustomerKeyOptions,
    WriteConditions {}

export interface PutResult {
  /** With its quotes, as in the header. */
  readonly etag: string;
  readonly versionId?: string | undefined;
  readonly checksum?: Checksum | undefined;
  /** As the store has named it: `"AES256"`, `"aws:kms"`, `"customer"`. With any but the first, ETags are no MD5s. */
  readonly encryption?: string | undefined;
}

/** Bytes `start` to `end`, both included and counted from 0; without `end`, to the last. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number | undefined;
}

/**
 * Refused with `PreconditionFailed`, or with `NotModified` for what the reader has already. ETags stand as in the headers:
 * one, several with commas between, or `*`. As HTTP has it, a date does not count beside the ETag of its kind. Dates are
 * compared in whole seconds.
 */
export interface ReadConditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: Date | undefined;
  readonly ifUnmodifiedSince?: Date | undefined;
}

/** The same of the source of a copy, where all that does not hold is `PreconditionFailed`. */
export interface SourceConditions {
  /** Copy only if the source has this ETag. */
  readonly sourceIfMatch?: string | undefined;
  readonly sourceIfNoneMatch?: string | undefined;
  readonly sourceIfModifiedSince?: Date | undefined;
  readonly sourceIfUnmodifiedSince?: Date | undefined;
}

export interface DeleteOptions extends RequestOptions {
  /** Delete only what has this ETag; what is not there is `NoSuchKey` then. */
  readonly ifMatch?: string | undefined;
}

export interface GetOptions extends RequestOptions, ReadConditions, CustomerKeyOptions {
  readonly range?: ByteRange | undefined;
  /** Only the bytes of this part of an object; one that was put in one piece is its own part 1. Excludes `range`. */
  readonly partNumber?: number | undefined;
}

export type HeadOptions = Omit<GetOptions, "range">;

/** One part of an object, as it was sent. */
export interface ObjectPart {
  /** Which bytes of the object it is; `end` is included, and below `start` for an empty part. */
  readonly range: { readonly start: number; readonly end: number };
  /** Of the part's bytes, where the store has kept it. */
  readonly checksum?: Checksum | undefined;
}

export interface ObjectInfo extends ObjectHeaders, ObjectLabels {
  /** Bytes of the whole object, whatever range was asked for. */
  readonly size: number;
  readonly etag: string;
  readonly lastModified: Date;
  readonly versionId?: string | undefined;
  /** How many tags it has, where the store says so without telling them. */
  readonly tagCount?: number | undefined;
  /** Of the whole object, and not told when a part was asked for. */
  readonly checksum?: Checksum | undefined;
  /** How many parts a multipart object has, when a part was asked for. */
  readonly partsCount?: number | undefined;
  /** The part that was asked for. Left out by a store that knows no parts: all that it says is of the whole object. */
  readonly part?: ObjectPart | undefined;
}

export interface GetResult extends ObjectInfo {
  /** Which bytes `body` has; `end` is included, and below `start` for an empty object. */
  readonly range: { readonly start: number; readonly end: number };
  /** To be read to its end or cancelled: until then it may hold a connection. */
  readonly body: ReadableStream<Uint8Array>;
}

/** Tags that are left out are the source's; a storage class that is left out is the store's default. */
export interface CopyOptions
  extends RequestOptions,
    ComputedChecksumOptions,
    ObjectHeaders,
    ObjectLabels,
    SourceConditions,
    WriteConditions {
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
  /** Left out where it is the store's default, or where the store does not tell. */
  readonly storageClass?: string | undefined;
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
