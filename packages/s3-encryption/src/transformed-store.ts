import type {
  BucketStore,
  CompleteOptions,
  CopyOptions,
  CopyPartOptions,
  CreateMultipartOptions,
  DeleteManyResult,
  DeleteOptions,
  GetOptions,
  GetResult,
  HeadOptions,
  ListMultipartsOptions,
  ListOptions,
  ListPage,
  ListPartsOptions,
  MultipartsPage,
  MultipartTarget,
  ObjectInfo,
  ObjectSource,
  ObjectStore,
  ObjectTarget,
  PartInfo,
  PartsPage,
  PutOptions,
  PutPartOptions,
  PutResult,
  RequestOptions,
  StoreBody,
  StoreLimits,
  TagStore,
} from "@sluice/object-store";
import { ENVELOPE } from "./envelope.js";
import { bareEtagIn, markedEtag } from "./etags.js";
import { type Place, placeOf } from "./place.js";
import { Reads } from "./reads.js";
import type { FrameTransform } from "./transform.js";
import { Uploads } from "./uploads.js";
import { Writes } from "./writes.js";

type EveryMemberOf<T> = { [K in keyof Required<T>]: T[K] };

/**
 * The store, with every object sealed on its way in and opened on its way out. Sizes, ranges and parts are those of the
 * plain bytes. Throws `ERR_INVALID_VALUE` for frames that could never work.
 */
export function transformedStore(store: ObjectStore, transform: FrameTransform): TransformedStore {
  return new TransformedStore(store, transform);
}

/** See {@link transformedStore}. */
export class TransformedStore implements EveryMemberOf<ObjectStore> {
  readonly limits: StoreLimits;
  readonly #at: Place;
  readonly #reads: Reads;
  readonly #writes: Writes;
  readonly #uploads: Uploads;

  constructor(store: ObjectStore, transform: FrameTransform) {
    this.#at = placeOf(store, transform);
    this.limits = limitsOver(this.#at);
    this.#reads = new Reads(this.#at);
    this.#writes = new Writes(this.#at, this.limits.maxPutSize);
    this.#uploads = new Uploads(this.#at, this.limits);
  }

  get buckets(): BucketStore | undefined {
    return this.#at.store.buckets;
  }

  /** Tags are not sealed: the store is to find objects by them. */
  get tags(): TagStore | undefined {
    return this.#at.store.tags;
  }

  put(target: ObjectTarget, body: StoreBody, options: PutOptions = {}): Promise<PutResult> {
    return withBody(body, () => this.#writes.put(target, body, options));
  }

  async get(source: ObjectSource, options: GetOptions = {}): Promise<GetResult> {
    return this.#reads.get(source, options);
  }

  async head(source: ObjectSource, options: HeadOptions = {}): Promise<ObjectInfo> {
    return this.#reads.head(source, options);
  }

  delete(source: ObjectSource, options: DeleteOptions = {}): Promise<void> {
    return this.#at.store.delete(source, { ...options, ifMatch: bareEtagIn(options.ifMatch) });
  }

  deleteMany(bucket: string, keys: readonly string[], options?: RequestOptions): Promise<DeleteManyResult> {
    return this.#at.store.deleteMany(bucket, keys, options);
  }

  async copy(source: ObjectSource, target: ObjectTarget, options: CopyOptions = {}): Promise<PutResult> {
    return this.#writes.copy(source, target, options);
  }

  async list(bucket: string, options?: ListOptions): Promise<ListPage> {
    const { frames, store } = this.#at;
    const page = await store.list(bucket, options);
    const objects = page.objects.map((object) => ({
      ...object,
      // One that was not sealed has a size that no sealed one has, or the one that it would mean.
      size: frames.opened(object.size)?.size ?? object.size,
      etag: markedEtag(object.etag),
    }));
    return { ...page, objects };
  }

  async createMultipart(
    target: ObjectTarget,
    options: CreateMultipartOptions = {},
  ): Promise<MultipartTarget> {
    return this.#uploads.create(target, options);
  }

  putPart(
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
    const { range, signal } = options;
    const get = (how: GetOptions) => this.#reads.get(source, { ...how, range, signal });
    return this.#uploads.copyPart(upload, partNumber, get, options);
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
    return this.#uploads.list(bucket, options);
  }
}

function limitsOver({ store: { limits }, frames, transform }: Place): StoreLimits {
  const { get = 0, put = 0 } = limits.holds ?? {};
  return {
    ...limits,
    minPartSize: Math.max(1, Math.ceil(limits.minPartSize / frames.plain)) * frames.plain,
    maxPartSize: Math.floor(limits.maxPartSize / frames.sealed) * frames.plain,
    maxPutSize: frames.capacity(limits.maxPutSize),
    maxObjectSize: frames.capacity(limits.maxObjectSize - frames.overhead),
    maxMetadataSize: Math.max(0, limits.maxMetadataSize - ENVELOPE.length - ENVELOPE_MOST),
    equalParts: true,
    partMultiple: frames.plain,
    holds: { get: get + transform.holds.get, put: put + transform.holds.put },
  };
}

// An envelope of a key with a short name; its checksum included.
const ENVELOPE_MOST = 320;

/** Runs a request; if it fails before it has begun to read its body, the body's stream is told to stop. */
async function withBody<R>(body: StoreBody, request: () => Promise<R>): Promise<R> {
  try {
    return await request();
  } catch (error) {
    if (!(body instanceof Uint8Array) && "stream" in body && !body.stream.locked) {
      void body.stream.cancel(error).catch(() => {});
    }
    throw error;
  }
}
