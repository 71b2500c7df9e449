import type {
  CopyOptions,
  DeleteManyResult,
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
import { checkMatch, checkWrite } from "./conditions.js";
import { declaredSize, type IntakeOptions, takeIn } from "./intake.js";
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
    const { signal, replaceHeaders = false, sourceIfMatch } = options;
    checkTarget(target, limits);
    checkHeaders(options, limits);
    if (!replaceHeaders && source.bucket === target.bucket && source.key === target.key) {
      throw refusal("InvalidRequest", "a copy of an object to itself must replace its headers");
    }
    if (sourceIfMatch !== undefined) checkMatch(object.record, sourceIfMatch, source);
    if (size > limits.maxPutSize) {
      throw refusal("InvalidRequest", `a copy has at most ${limits.maxPutSize} bytes, got ${size}`);
    }
    await buckets.need(target.bucket);
    await this.#check(target, options);
    const stream = objectBody(object, { start: 0, stop: size }, chunkSize, signal);
    const { ifMatch, ifNoneMatch } = options;
    return this.#write(
      target,
      { stream, length: size },
      { signal, ifMatch, ifNoneMatch, algorithm: checksum?.algorithm },
      // A copy keeps its source's tags, and lies in the default storage class.
      replaceHeaders
        ? { ...headersOf(options), ...(headers.tags && { tags: headers.tags }) }
        : { ...headers, storageClass: undefined },
    );
  }

  async delete(source: ObjectSource, { signal }: RequestOptions): Promise<void> {
    checkSource(source, this.#at.limits);
    signal?.throwIfAborted();
    await this.#at.buckets.find(source.bucket);
    await this.#remove(source);
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

  #remove(target: ObjectTarget): Promise<void> {
    const { lines, shelf } = this.#at;
    return lines.run(objectLineOf(target), () => shelf.remove({ bucket: target.bucket, key: target.key }));
  }

  async #write(
    target: ObjectTarget,
    body: StoreBody,
    options: IntakeOptions & PutOptions,
    headers: ObjectHeaders,
  ): Promise<PutResult> {
    const { shelf, lines, buckets, now } = this.#at;
    const draft = await shelf.draft(target.bucket, declaredSize(body));
    try {
      const { size, md5, checksum } = await takeIn(body, (bytes) => draft.write(bytes), options);
      const etag = `"${md5}"`;
      await lines.run(objectLineOf(target), async () => {
        await buckets.find(target.bucket);
        await this.#check(target, options);
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
