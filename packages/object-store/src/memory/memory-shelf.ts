import type { ListedMultipart, ListedPart, MultipartTarget } from "../multipart.js";
import type { ObjectTarget } from "../object.js";
import { refusal } from "../refusal.js";
import type { KeyWalk, OpenObject, Shelf, ShelfPart, ShelfRecord, ShelfUpload } from "../shelf/shelf.js";
import { MemoryBlob } from "./memory-blob.js";
import { MemoryBucket, type MemoryObject, type MemoryUpload } from "./memory-bucket.js";

/** A shelf that is gone with the process. */
export class MemoryShelf implements Shelf<MemoryBlob> {
  readonly #buckets = new Map<string, MemoryBucket>();

  async createBucket(bucket: string, created: Date): Promise<void> {
    if (!this.#buckets.has(bucket)) this.#buckets.set(bucket, new MemoryBucket(created));
  }

  async hasBucket(bucket: string): Promise<boolean> {
    return this.#buckets.has(bucket);
  }

  async removeBucket(bucket: string): Promise<boolean> {
    return this.#bucket(bucket).empty && this.#buckets.delete(bucket);
  }

  async buckets(): Promise<readonly { readonly name: string; readonly created: Date }[]> {
    return Array.from(this.#buckets, ([name, { created }]) => ({ name, created: new Date(created) }));
  }

  async draft(_bucket: string, size: number): Promise<MemoryBlob> {
    return new MemoryBlob(size);
  }

  async publish({ bucket, key }: ObjectTarget, draft: MemoryBlob, record: ShelfRecord): Promise<void> {
    this.#bucket(bucket).set(key, { record, blobs: [draft], parts: undefined });
  }

  async relabel({ bucket, key }: ObjectTarget, record: ShelfRecord): Promise<void> {
    const object = this.#bucket(bucket).get(key);
    if (object !== undefined) this.#bucket(bucket).set(key, { ...object, record });
  }

  async look({ bucket, key }: ObjectTarget): Promise<ShelfRecord | undefined> {
    return this.#buckets.get(bucket)?.get(key)?.record;
  }

  async open({ bucket, key }: ObjectTarget): Promise<OpenObject | undefined> {
    const object = this.#buckets.get(bucket)?.get(key);
    return object && opened(object);
  }

  async remove({ bucket, key }: ObjectTarget): Promise<void> {
    this.#bucket(bucket).delete(key);
  }

  walk(bucket: string, prefix: string, after: string): KeyWalk {
    return this.#bucket(bucket).walk(prefix, after);
  }

  async createUpload(upload: Omit<ShelfUpload, "uploadId">): Promise<string> {
    const uploadId = crypto.randomUUID();
    this.#bucket(upload.bucket).uploads.set(uploadId, { ...upload, uploadId, parts: new Map() });
    return uploadId;
  }

  async upload({ bucket, uploadId }: MultipartTarget): Promise<ShelfUpload | undefined> {
    return this.#buckets.get(bucket)?.uploads.get(uploadId);
  }

  async uploads(bucket: string): Promise<readonly ListedMultipart[]> {
    return [...this.#bucket(bucket).uploads.values()];
  }

  async keepPart(target: MultipartTarget, blob: MemoryBlob, part: ListedPart): Promise<void> {
    this.#upload(target).parts.set(part.partNumber, { part, blob });
  }

  async parts(target: MultipartTarget): Promise<readonly ListedPart[]> {
    return Array.from(this.#upload(target).parts.values(), ({ part }) => part).sort(
      (a, b) => a.partNumber - b.partNumber,
    );
  }

  async publishParts(
    target: MultipartTarget,
    named: readonly ShelfPart[],
    record: ShelfRecord,
  ): Promise<void> {
    const { parts } = this.#upload(target);
    const blobs = named.map(({ partNumber }) => parts.get(partNumber)!.blob);
    this.#bucket(target.bucket).set(target.key, { record, blobs, parts: named });
    await this.dropUpload(target);
  }

  async dropUpload({ bucket, uploadId }: MultipartTarget): Promise<void> {
    this.#bucket(bucket).uploads.delete(uploadId);
  }

  #bucket(name: string): MemoryBucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw refusal("NoSuchBucket", `there is no bucket ${name}`);
    return bucket;
  }

  #upload({ bucket, uploadId }: MultipartTarget): MemoryUpload {
    return this.#bucket(bucket).uploads.get(uploadId)!;
  }
}

function opened({ record, blobs, parts }: MemoryObject): OpenObject {
  // Reads go forward, so the blob of the read before is where to look first.
  let index = 0;
  let base = 0;
  return {
    record,
    parts: async () => parts,
    read(start, limit) {
      if (start < base) index = base = 0;
      while (start >= base + blobs[index]!.size) base += blobs[index++]!.size;
      return blobs[index]!.read(start - base, limit);
    },
    close: async () => undefined,
  };
}
