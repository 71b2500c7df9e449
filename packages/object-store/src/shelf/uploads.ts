import type {
  CompleteOptions,
  CopyPartOptions,
  CreateMultipartOptions,
  ListPartsOptions,
  MultipartTarget,
  PartInfo,
  PartsPage,
  PutPartOptions,
} from "../multipart.js";
import type { ObjectSource, ObjectTarget, PutResult, RequestOptions, StoreBody } from "../object.js";
import { refusal } from "../refusal.js";
import {
  checkHeaders,
  checkPartNumber,
  checkStorage,
  checkTarget,
  headersOf,
  pageSize,
} from "./admission.js";
import { assemble } from "./assembly.js";
import { checkAlgorithm, checkAnnounced, checksumTypeOf } from "./checksums-of-upload.js";
import { checkCopied, checkWrite } from "./conditions.js";
import { extentWithin } from "./extent.js";
import { declaredSize, takeIn, withBody } from "./intake.js";
import { objectLineOf } from "./lines.js";
import { objectBody } from "./object-body.js";
import type { Place } from "./place.js";
import type { Draft, OpenObject, ShelfUpload } from "./shelf.js";

//  begun ──putPart──▶ begun ──completeMultipart──▶ published, and gone
//    └──abortMultipart──▶ gone: a part that is still on its way finds no upload and is discarded

/** The multipart half of a {@link ShelfStore}. */
export class Uploads<D extends Draft> {
  readonly #at: Place<D>;

  constructor(place: Place<D>) {
    this.#at = place;
  }

  async create(target: ObjectTarget, options: CreateMultipartOptions): Promise<MultipartTarget> {
    const { shelf, limits, buckets, now } = this.#at;
    const { bucket, key } = target;
    const { checksumAlgorithm, signal } = options;
    checkTarget(target, limits);
    checkHeaders(options, limits);
    checkStorage(options);
    const checksumType = checksumTypeOf(options);
    signal?.throwIfAborted();
    await buckets.need(bucket);
    const begun = { headers: headersOf(options), initiated: now(), checksumAlgorithm, checksumType };
    const uploadId = await shelf.createUpload({ bucket, key, ...begun });
    return { bucket, key, uploadId };
  }

  async putPart(
    target: MultipartTarget,
    partNumber: number,
    body: StoreBody,
    options: PutPartOptions,
  ): Promise<PartInfo> {
    const { shelf, limits, lines, now } = this.#at;
    const { signal } = options;
    checkTarget(target, limits);
    checkPartNumber(partNumber, limits);
    checkStorage(options);
    const size = declaredSize(body);
    if (size > limits.maxPartSize) {
      throw refusal("EntityTooLarge", `a part has at most ${limits.maxPartSize} bytes, got ${size}`);
    }
    signal?.throwIfAborted();
    const checksumAlgorithm = checkAlgorithm(await this.#find(target), options);
    const draft = await shelf.draft(target.bucket, size);
    try {
      const received = await takeIn(body, (bytes) => draft.write(bytes), { ...options, checksumAlgorithm });
      const etag = `"${received.md5}"`;
      const part = { partNumber, etag, size, lastModified: now(), checksum: received.checksum };
      await lines.run(lineOf(target), async () => {
        await this.#find(target);
        signal?.throwIfAborted();
        await shelf.keepPart(target, draft, part);
      });
      return { partNumber, etag, ...(received.checksum && { checksum: received.checksum }) };
    } catch (error) {
      await draft.discard();
      throw error;
    }
  }

  /** Reads the open source, and does not close it. */
  async copyPart(
    target: MultipartTarget,
    partNumber: number,
    object: OpenObject,
    source: ObjectSource,
    options: CopyPartOptions,
  ): Promise<PartInfo> {
    const { limits, chunkSize } = this.#at;
    const { range, signal } = options;
    checkStorage(options);
    checkCopied(object.record, options, source);
    const extent = extentWithin(object.record.size, range);
    const length = extent.stop - extent.start;
    if (length > limits.maxPartSize) {
      throw refusal("InvalidRequest", `a part copies at most ${limits.maxPartSize} bytes, got ${length}`);
    }
    const stream = objectBody(object, extent, chunkSize, signal);
    const body = { stream, length };
    return withBody(body, () => this.putPart(target, partNumber, body, { signal }));
  }

  async listParts(target: MultipartTarget, options: ListPartsOptions): Promise<PartsPage> {
    const { shelf, limits } = this.#at;
    const { after = 0, signal } = options;
    const limit = pageSize(options.limit, limits);
    signal?.throwIfAborted();
    const { checksumAlgorithm, checksumType } = await this.#find(target);
    const rest = (await shelf.parts(target)).filter(({ partNumber }) => partNumber > after);
    const parts = rest.slice(0, limit);
    const begun = checksumAlgorithm && { checksumAlgorithm, checksumType };
    return {
      parts,
      ...begun,
      ...(parts.length > 0 && rest.length > limit && { next: parts.at(-1)!.partNumber }),
    };
  }

  async complete(
    target: MultipartTarget,
    named: readonly PartInfo[],
    options: CompleteOptions,
  ): Promise<PutResult> {
    const { shelf, limits, lines, now } = this.#at;
    return lines.run(lineOf(target), async () => {
      options.signal?.throwIfAborted();
      const upload = await this.#find(target);
      const { parts, size, etag, checksum } = await assemble(
        named,
        await shelf.parts(target),
        upload,
        limits,
      );
      checkAnnounced(options, checksum);
      if (options.size !== undefined && options.size !== size) {
        throw refusal("InvalidRequest", `the parts have ${size} bytes, not the announced ${options.size}`);
      }
      const record = {
        size,
        etag,
        lastModified: now(),
        headers: upload.headers,
        checksum,
        partsCount: parts.length,
      };
      await lines.run(objectLineOf(target), async () => {
        checkWrite(await shelf.look(target), options, target);
        options.signal?.throwIfAborted();
        await shelf.publishParts(target, parts, record);
      });
      return { etag, ...(checksum && { checksum }) };
    });
  }

  async abort(target: MultipartTarget, { signal }: RequestOptions): Promise<void> {
    const { shelf, lines } = this.#at;
    signal?.throwIfAborted();
    await lines.run(lineOf(target), async () => {
      await this.#find(target);
      await shelf.dropUpload(target);
    });
  }

  async #find(target: MultipartTarget): Promise<ShelfUpload> {
    const { shelf, limits } = this.#at;
    checkTarget(target, limits);
    const upload = await shelf.upload(target);
    if (upload === undefined || upload.key !== target.key) {
      throw refusal(
        "NoSuchUpload",
        `no upload ${target.uploadId.slice(0, 80)} of ${target.bucket}/${target.key}`,
      );
    }
    return upload;
  }
}

const lineOf = ({ bucket, uploadId }: MultipartTarget) => `upload ${bucket}/${uploadId}`;
