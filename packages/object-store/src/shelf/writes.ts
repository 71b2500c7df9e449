import type {
  CopyOptions,
  DeleteManyResult,
  DeleteOptions,
  ObjectHeaders,
  ObjectSource,
  ObjectTarget,
  PutOptions,
  PutResult,
  RequestOptions,
  StoreBody,
} from "../object.js";
import { refusal } from "../refusal.js";
import { checkHeaders, checkKey, checkSource, checkStorage, checkTarget, headersOf } from "./admission.js";
import { checkCopied, checkWrite } from "./conditions.js";
import { declaredSize, takeIn } from "./intake.js";
import { objectLineOf } from "./lines.js";
import { objectBody } from "./object-body.js";
import type { Place } from "./place.js";
import type { Draft, OpenObject } from "./shelf.js";

//  a write   checked ──▶ taken in, unseen ──▶ in its key's line ──▶ checked again ──▶ published
//               └──────────────┴──────────────────────┴──refused, failed, aborted──▶ discarded

/** The writing half of a {@link ShelfStore}, but for multipart uploads. */
export class Writes<D extends Draft> {
  readonly #at: Place<D>;

  constructor(place: Place<D>) {
    this.#at = place;
  }

  async put(target: ObjectTarget, body: StoreBody, options: PutOptions): Promise<PutResult> {
    const { limits, buckets } = this.#at;
    checkTarget(target, limits);
    checkHeaders(options, limits);
    checkStorage(options);
    const size = declaredSize(body);
    if (size > limits.maxPutSize) {
      throw refusal("EntityTooLarge", `a put has at most ${limits.maxPutSize} bytes, got ${size}`);
    }
    options.signal?.throwIfAborted();
    await buckets.need(target.bucket);
    // Here so as not to take in what will be refused; once more below, since others may write meanwhile.
    await this.#check(target, options);
    return this.#write(target, body, options, headersOf(options));
  }

  /** Reads the open source to its end, and does not close it. */
  async copy(
    object: OpenObject,
    source: ObjectSource,
    target: ObjectTarget,
    options: CopyOptions,
  ): Promise<PutResult> {
    const { limits, buckets, chunkSize } = this.#at;
    const { size, headers, checksum } = object.record;
    const { signal, replaceHeaders = false, storageClass } = options;
    checkTarget(target, limits);
    checkHeaders(options, limits);
    checkStorage(options);
    const toItself = source.bucket === target.bucket && source.key === target.key;
    if (toItself && !replaceHeaders && storageClass === undefined) {
      throw refusal("InvalidRequest", "a copy of an object to itself must replace its headers");
    }
    checkCopied(object.record, options, source);
    if (size > limits.maxPutSize) {
      throw refusal("InvalidRequest", `a copy has at most ${limits.maxPutSize} bytes, got ${size}`);
    }
    await buckets.need(target.bucket);
    await this.#check(target, options);
    const stream = objectBody(object, { start: 0, stop: size }, chunkSize, signal);
    const { ifMatch, ifNoneMatch, checksumAlgorithm = checksum?.algorithm, tags = headers.tags } = options;
    return this.#write(
      target,
      { stream, length: size },
      { signal, ifMatch, ifNoneMatch, checksumAlgorithm },
      headersOf({ ...(replaceHeaders ? options : headers), tags, storageClass }),
    );
  }

  async delete(source: ObjectSource, { signal, ifMatch }: DeleteOptions): Promise<void> {
    checkSource(source, this.#at.limits);
    signal?.throwIfAborted();
    await this.#at.buckets.find(source.bucket);
    await this.#remove(source, ifMatch);
  }

  async deleteMany(
    bucket: string,
    keys: readonly string[],
    { signal }: RequestOptions,
  ): Promise<DeleteManyResult> {
    const { limits, buckets } = this.#at;
    if (keys.length < 1 || keys.length > limits.maxDeleteKeys) {
      throw refusal(
        "MalformedXML",
        `one request deletes 1 to ${limits.maxDeleteKeys} keys, got ${keys.length}`,
      );
    }
    signal?.throwIfAborted();
    await buckets.find(bucket);
    const deleted: string[] = [];
    const failed: { key: string; code: string; message: string }[] = [];
    for (const key of keys) {
      signal?.throwIfAborted();
      try {
        checkKey(key, limits);
        await this.#remove({ bucket, key });
        deleted.push(key);
      } catch (error) {
        const { code = "InternalError", message = String(error) } = error as {
          code?: string;
          message?: string;
        };
        failed.push({ key, code, message });
      }
    }
    return { deleted, failed };
  }

  #remove({ bucket, key }: ObjectTarget, ifMatch?: string): Promise<void> {
    const { lines, shelf } = this.#at;
    const target = { bucket, key };
    return lines.run(objectLineOf(target), async () => {
      if (ifMatch !== undefined) checkWrite(await shelf.look(target), { ifMatch }, target);
      await shelf.remove(target);
    });
  }

  async #write(
    target: ObjectTarget,
    body: StoreBody,
    options: PutOptions,
    headers: ObjectHeaders,
  ): Promise<PutResult> {
    const { shelf, lines, buckets, now } = this.#at;
    const draft = await shelf.draft(target.bucket, declaredSize(body));
    try {
      const { size, md5, checksum } = await takeIn(body, (bytes) => draft.write(bytes), options);
      const etag = `"${md5}"`;
      await lines.run(objectLineOf(target), async () => {
        await buckets.find(target.bucket);
        await this.#check(target, options).catch(becauseOf(options));
        options.signal?.throwIfAborted();
        await shelf.publish(target, draft, { size, etag, lastModified: now(), headers, checksum });
      });
      return { etag, ...(checksum && { checksum }) };
    } catch (error) {
      await draft.discard();
      throw error;
    }
  }

  async #check(target: ObjectTarget, { ifMatch, ifNoneMatch }: PutOptions): Promise<void> {
    if (ifMatch === undefined && ifNoneMatch === undefined) return;
    checkWrite(await this.#at.shelf.look(target), { ifMatch, ifNoneMatch }, target);
  }
}

// It was there when its bytes began to be taken in.
const becauseOf =
  ({ ifMatch }: PutOptions) =>
  (error: unknown): never => {
    if (ifMatch === undefined || (error as { code?: unknown }).code !== "NoSuchKey") throw error;
    throw refusal("ConditionalRequestConflict", "the object was deleted while it was to be replaced", error);
  };
