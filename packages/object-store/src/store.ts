import type { StoreLimits } from "./limits.js";
import type {
  CompleteOptions,
  CopyPartOptions,
  CreateMultipartOptions,
  ListMultipartsOptions,
  ListPartsOptions,
  MultipartsPage,
  MultipartTarget,
  PartInfo,
  PartsPage,
  PutPartOptions,
} from "./multipart.js";
import type {
  CopyOptions,
  DeleteManyResult,
  DeleteOptions,
  GetOptions,
  GetResult,
  HeadOptions,
  ListOptions,
  ListPage,
  ObjectInfo,
  ObjectSource,
  ObjectTarget,
  PutOptions,
  PutResult,
  RequestOptions,
  StoreBody,
} from "./object.js";

/**
 * What Sluice needs of an object store, in the terms of S3. Every method rejects with a {@link StoreError},
 * or with `signal.reason` when it was aborted. What is true of every store is in the laws O1 to O13.
 */
export interface ObjectStore {
  readonly limits: StoreLimits;
  /** Buckets, for stores that let them be made and listed. */
  readonly buckets?: BucketStore | undefined;
  /** The tags of objects, for stores that let them be read and changed apart from the objects. */
  readonly tags?: TagStore | undefined;

  put(target: ObjectTarget, body: StoreBody, options?: PutOptions): Promise<PutResult>;
  get(source: ObjectSource, options?: GetOptions): Promise<GetResult>;
  head(source: ObjectSource, options?: HeadOptions): Promise<ObjectInfo>;
  /** Deleting what is not there is no error, unless there is a condition. */
  delete(source: ObjectSource, options?: DeleteOptions): Promise<void>;
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
  /** Makes a part of an object that the store has, or of a range of it, of at most `maxPartSize` bytes. */
  copyPart(
    upload: MultipartTarget,
    partNumber: number,
    source: ObjectSource,
    options?: CopyPartOptions,
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

/** The tags of the objects of a store. Changing them changes neither the bytes of an object nor when it was modified. */
export interface TagStore {
  get(source: ObjectSource, options?: RequestOptions): Promise<Readonly<Record<string, string>>>;
  /** In the place of all that it had: at most 10, of 1 to 128 characters, with values of up to 256. */
  put(source: ObjectSource, tags: Readonly<Record<string, string>>, options?: RequestOptions): Promise<void>;
  delete(source: ObjectSource, options?: RequestOptions): Promise<void>;
}
