import { checkInteger } from "../invalid-value.js";
import { S3_LIMITS, type StoreLimits } from "../limits.js";
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
} from "../multipart.js";
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
} from "../object.js";
import type { BucketStore, ObjectStore, TagStore } from "../store.js";
import { Buckets } from "./buckets.js";
import { withBody } from "./intake.js";
import { Lines } from "./lines.js";
import { listObjects, listUploads } from "./listing.js";
import { Reads } from "./reads.js";
import type { Draft, Shelf } from "./shelf.js";
import { Tags } from "./tags.js";
import { Uploads } from "./uploads.js";
import { Writes } from "./writes.js";

export interface ShelfStoreOptions {
  /** In the place of S3's own limits; what is left out stays S3's. */
  readonly limits?: Partial<StoreLimits> | undefined;
  /** What time it is, for `lastModified`. */
  readonly now?: (() => Date) | undefined;
  /** The most bytes that one read of an object's body returns. 65,536 if left out. */
  readonly chunkSize?: number | undefined;
  /** Whether writing to a bucket that does not exist makes it. `true` if left out. */
  readonly autoCreateBuckets?: boolean | undefined;
}

const CHUNK = 64 * 1024;

/** S3's rules over a {@link Shelf}: what is refused, and what is published when. */
export class ShelfStore<D extends Draft = Draft> implements ObjectStore {
  readonly limits: StoreLimits;
  readonly buckets: BucketStore;
  readonly tags: TagStore;
  readonly #shelf: Shelf<D>;
  readonly #buckets: Buckets;
  readonly #reads: Reads<D>;
  readonly #writes: Writes<D>;
  readonly #uploads: Uploads<D>;

  constructor(shelf: Shelf<D>, options: ShelfStoreOptions = {}) {
    const { limits, now = () => new Date(), autoCreateBuckets = true, chunkSize = CHUNK } = options;
    checkInteger("chunkSize", chunkSize, 1);
    const lines = new Lines();
    const buckets = new Buckets(shelf, lines, now, autoCreateBuckets);
    this.limits = { ...S3_LIMITS, ...limits };
    this.buckets = buckets;
    this.#buckets = buckets;
    this.#shelf = shelf;
    const place = { shelf, limits: this.limits, lines, buckets, now, chunkSize };
    this.#reads = new Reads(place);
    this.#writes = new Writes(place);
    this.#uploads = new Uploads(place);
    this.tags = new Tags(place);
  }

  async put(target: ObjectTarget, body: StoreBody, options: PutOptions = {}): Promise<PutResult> {
    return withBody(body, () => this.#writes.put(target, body, options));
  }

  async get(source: ObjectSource, options: GetOptions = {}): Promise<GetResult> {
    return this.#reads.get(source, options);
  }

  async head(source: ObjectSource, options: HeadOptions = {}): Promise<ObjectInfo> {
    return this.#reads.head(source, options);
  }

  async delete(source: ObjectSource, options: DeleteOptions = {}): Promise<void> {
    return this.#writes.delete(source, options);
  }

  async deleteMany(
    bucket: string,
    keys: readonly string[],
    options: RequestOptions = {},
  ): Promise<DeleteManyResult> {
    return this.#writes.deleteMany(bucket, keys, options);
  }

  async copy(source: ObjectSource, target: ObjectTarget, options: CopyOptions = {}): Promise<PutResult> {
    const object = await this.#reads.open(source, options.signal);
    try {
      return await this.#writes.copy(object, source, target, options);
    } finally {
      await object.close();
    }
  }

  async list(bucket: string, options: ListOptions = {}): Promise<ListPage> {
    options.signal?.throwIfAborted();
    await this.#buckets.find(bucket);
    return listObjects(this.#shelf, bucket, options, this.limits);
  }

  async createMultipart(
    target: ObjectTarget,
    options: CreateMultipartOptions = {},
  ): Promise<MultipartTarget> {
    return this.#uploads.create(target, options);
  }

  async putPart(
    upload: MultipartTarget,
    partNumber: number,
    body: StoreBody,
    options: PutPartOptions = {},
  ): Promise<PartInfo> {
    return withBody(body, () => this.#uploads.putPart(upload, partNumber, body, options));
  }

  async copyPart(
    upload: MultipartTarget,
    partNumber: number,
    source: ObjectSource,
    options: CopyPartOptions = {},
  ): Promise<PartInfo> {
    const object = await this.#reads.open(source, options.signal);
    try {
      return await this.#uploads.copyPart(upload, partNumber, object, source, options);
    } finally {
      await object.close();
    }
  }

  async listParts(upload: MultipartTarget, options: ListPartsOptions = {}): Promise<PartsPage> {
    return this.#uploads.listParts(upload, options);
  }

  async completeMultipart(
    upload: MultipartTarget,
    parts: readonly PartInfo[],
    options: CompleteOptions = {},
  ): Promise<PutResult> {
    return this.#uploads.complete(upload, parts, options);
  }

  async abortMultipart(upload: MultipartTarget, options: RequestOptions = {}): Promise<void> {
    return this.#uploads.abort(upload, options);
  }

  async listMultiparts(bucket: string, options: ListMultipartsOptions = {}): Promise<MultipartsPage> {
    options.signal?.throwIfAborted();
    await this.#buckets.find(bucket);
    return listUploads(await this.#shelf.uploads(bucket), options, this.limits);
  }
}
