import type {
  CompleteOptions,
  CopyOptions,
  CreateMultipartOptions,
  DeleteManyResult,
  GetOptions,
  GetResult,
  HeadOptions,
  IntegrityOptions,
  ListOptions,
  ListPage,
  ListPartsOptions,
  MultipartsPage,
  MultipartTarget,
  ObjectInfo,
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
} from "@sluice/object-store";
import { given, isWhatWasAnnounced, joined, Refusal, reasonOf, taken } from "./reference-body.js";
import { aPage, checkRead, checkWrite, cutOut, infoOf, type Kept } from "./reference-objects.js";
import { copied, LIMITS, listed, openOnes, type Upload, whatIsWrong } from "./reference-uploads.js";
import type { Sin } from "./sins.js";

/** A store of one bucket in its most obvious form; with a sin, in one of its wrong ones. */
export class ReferenceStore implements ObjectStore {
  readonly limits: StoreLimits = LIMITS;
  readonly #sin: Sin | undefined;
  readonly #objects = new Map<string, Kept>();
  readonly #uploads = new Map<string, Upload>();
  #count = 0;

  constructor(sin?: Sin) {
    this.#sin = sin;
  }

  async put({ key }: ObjectTarget, body: StoreBody, options: PutOptions = {}): Promise<PutResult> {
    this.#begin(options);
    if (this.#sin === "checksTooEarly") checkWrite(this.#objects.get(key), options);
    const bytes = await this.#take(key, body, options);
    if (this.#sin !== "checksTooEarly") checkWrite(this.#objects.get(key), options, this.#sin);
    return this.#publish(key, bytes, options);
  }

  async get(source: ObjectTarget, options: GetOptions = {}): Promise<GetResult> {
    this.#begin(options);
    const kept = this.#find(source);
    checkRead(kept, options, this.#sin);
    const { bytes, range } = cutOut(kept, options, this.#sin);
    const info = infoOf(kept, options, this.#sin);
    const body = given(bytes, options.signal, this.#sin);
    return { ...info, range, body };
  }

  async head(source: ObjectTarget, options: HeadOptions = {}): Promise<ObjectInfo> {
    this.#begin(options);
    const kept = this.#find(source);
    checkRead(kept, options, this.#sin);
    return infoOf(kept, options, this.#sin);
  }

  async delete({ key }: ObjectTarget, options: RequestOptions = {}): Promise<void> {
    this.#begin(options);
    this.#objects.delete(key);
  }

  async deleteMany(
    _: string,
    keys: readonly string[],
    options: RequestOptions = {},
  ): Promise<DeleteManyResult> {
    this.#begin(options);
    for (const key of keys) this.#objects.delete(key);
    return { deleted: keys, failed: [] };
  }

  async copy(source: ObjectTarget, target: ObjectTarget, options: CopyOptions = {}): Promise<PutResult> {
    this.#begin(options);
    const { bytes, headers } = this.#find(source);
    return this.#publish(target.key, bytes, options.replaceHeaders ? options : headers);
  }

  async list(bucket: string, options: ListOptions = {}): Promise<ListPage> {
    this.#begin(options);
    if (bucket !== "bucket") throw new Refusal("NoSuchBucket", this.#sin);
    return aPage(this.#objects, options, this.#sin);
  }

  async createMultipart(
    target: ObjectTarget,
    options: CreateMultipartOptions = {},
  ): Promise<MultipartTarget> {
    this.#begin(options);
    const upload = { ...target, uploadId: String(++this.#count), headers: options, parts: new Map() };
    this.#uploads.set(upload.uploadId, upload);
    return { ...target, uploadId: upload.uploadId };
  }

  async putPart(
    target: MultipartTarget,
    partNumber: number,
    body: StoreBody,
    options: PutPartOptions = {},
  ): Promise<PartInfo> {
    this.#begin(options);
    if (this.#sin === "revives" && !this.#uploads.has(target.uploadId)) {
      this.#uploads.set(target.uploadId, { ...target, headers: {}, parts: new Map() });
    }
    this.#upload(target);
    const bytes = await this.#take(target.key, body, options);
    const { parts } = this.#upload(target);
    const etag = this.etagOf({ bytes });
    const kept = this.#sin === "keepsTheFirst" ? parts.get(partNumber) : undefined;
    if (this.#sin === "joinsByArrival") parts.delete(partNumber);
    const { checksum } = options;
    parts.set(partNumber, { bytes: kept?.bytes ?? bytes, etag, headers: {}, checksum });
    return { partNumber, etag };
  }

  copyPart: ObjectStore["copyPart"] = async (target, partNumber, source, options = {}) => {
    this.#begin(options);
    return this.putPart(target, partNumber, copied(this.#find(source), options, this.#sin), options);
  };

  async listParts(target: MultipartTarget, options: ListPartsOptions = {}): Promise<PartsPage> {
    this.#begin(options);
    return { parts: listed(this.#upload(target).parts) };
  }

  async completeMultipart(
    target: MultipartTarget,
    named: readonly PartInfo[],
    options: CompleteOptions = {},
  ): Promise<PutResult> {
    this.#begin(options);
    const { parts, headers } = this.#upload(target);
    const wrong = whatIsWrong(parts, named, this.#sin);
    const kept = named.flatMap(({ partNumber }) => parts.get(partNumber) ?? []);
    const arrived = [...parts]
      .filter(([n]) => named.some((part) => part.partNumber === n))
      .map(([, part]) => part);
    const bytes = joined((this.#sin === "joinsByArrival" ? arrived : kept).map((part) => part.bytes));
    if (wrong !== undefined && this.#sin === "publishesBeforeItRefuses")
      this.#publish(target.key, bytes, headers);
    if (wrong !== undefined) throw new Refusal(wrong, this.#sin);
    checkWrite(this.#objects.get(target.key), options, this.#sin);
    this.#uploads.delete(target.uploadId);
    return this.#publish(target.key, bytes, headers, kept);
  }

  async abortMultipart(target: MultipartTarget, options: RequestOptions = {}): Promise<void> {
    this.#begin(options);
    const { parts, headers } = this.#upload(target);
    if (this.#sin === "publishesOnAbort") {
      this.#publish(target.key, joined(Array.from(parts.values(), (part) => part.bytes)), headers);
    }
    if (this.#sin !== "keepsTheUpload") this.#uploads.delete(target.uploadId);
  }

  async listMultiparts(_bucket: string, options: RequestOptions = {}): Promise<MultipartsPage> {
    this.#begin(options);
    return { uploads: openOnes(this.#uploads.values()) };
  }

  async #take(key: string, body: StoreBody, options: PutOptions): Promise<Uint8Array> {
    const bytes = await taken(body, options.signal, this.#sin, (half) => {
      if (this.#sin === "publishesTheAborted") this.#publish(key, half, {});
    });
    if (await this.isIntact(bytes, options)) return bytes;
    if (this.#sin === "publishesBeforeItRefuses") this.#publish(key, bytes, {});
    throw new Refusal("BadDigest", this.#sin);
  }

  /** The bytes have the digests that were announced for them; here, only those of the samples are known. */
  protected isIntact(bytes: Uint8Array, options: IntegrityOptions): boolean | Promise<boolean> {
    return isWhatWasAnnounced(bytes, options, this.#sin);
  }

  /** A new one each time, which is all that an ETag need be. `parts`: what a multipart object is joined from. */
  protected etagOf(_body: Pick<Kept, "bytes">, _parts?: readonly Kept[]): string {
    return `"${++this.#count}"`;
  }

  #publish(key: string, bytes: Uint8Array, from: PutOptions, parts?: readonly Kept[]): PutResult {
    const { contentType, metadata } = from;
    const etag = this.etagOf({ bytes }, parts);
    this.#objects.set(key, { bytes, etag, headers: { contentType, metadata }, parts });
    return { etag };
  }

  #begin({ signal }: RequestOptions): void {
    if (signal?.aborted && this.#sin !== "ignoresAbort") throw reasonOf(signal, this.#sin);
  }

  #find({ bucket, key }: ObjectTarget): Kept {
    const kept = this.#objects.get(key);
    if (bucket === "bucket" && kept !== undefined) return kept;
    throw new Refusal(bucket === "bucket" ? "NoSuchKey" : "NoSuchBucket", this.#sin);
  }

  #upload({ uploadId }: MultipartTarget): Upload {
    const upload = this.#uploads.get(uploadId);
    if (upload === undefined) throw new Refusal("NoSuchUpload", this.#sin);
    return upload;
  }
}
