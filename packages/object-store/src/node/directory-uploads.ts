import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ListedMultipart, ListedPart, MultipartTarget, ShelfUpload } from "@sluice/object-store";
import type { FileDraft } from "./file-draft.js";
import { unlessMissing } from "./file-error.js";
import type { Layout } from "./layout.js";
import { readRecord } from "./object-file.js";
import { isOwn, namesIn } from "./own-path.js";
import { partName, UPLOAD_RECORD } from "./parts-of-object.js";

/** Uploads that have been begun: a directory each, with a file for every part. */
export class DirectoryUploads {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  async create(upload: Omit<ShelfUpload, "uploadId">): Promise<string> {
    const uploadId = randomUUID();
    const { disk } = this.#layout;
    const record = { ...upload, uploadId, initiated: upload.initiated.getTime() };
    await this.#layout.making(async (temporary) => {
      await disk.makeOne(temporary);
      await disk.writeFile(join(temporary, UPLOAD_RECORD), JSON.stringify(record));
      await disk.syncDirectory(temporary);
      await disk.rename(temporary, this.#layout.upload(upload.bucket, uploadId));
    });
    return uploadId;
  }

  async find({ bucket, uploadId }: MultipartTarget): Promise<ShelfUpload | undefined> {
    // The id comes from outside, and becomes a part of a path.
    if (!/^[0-9a-f-]{36}$/.test(uploadId)) return undefined;
    const directory = this.#layout.upload(bucket, uploadId);
    if (!(await isOwn(directory))) return undefined;
    const text = await unlessMissing(readFile(join(directory, UPLOAD_RECORD), "utf8"));
    if (text === undefined) return undefined;
    const { initiated, ...rest } = JSON.parse(text) as Omit<ShelfUpload, "initiated"> & { initiated: number };
    return { ...rest, initiated: new Date(initiated) };
  }

  async list(bucket: string): Promise<readonly ListedMultipart[]> {
    const found: ListedMultipart[] = [];
    for (const uploadId of await namesIn(this.#layout.uploads(bucket))) {
      const upload = await this.find({ bucket, key: "", uploadId });
      if (upload !== undefined) found.push(upload);
    }
    return found;
  }

  async keepPart({ bucket, uploadId }: MultipartTarget, draft: FileDraft, part: ListedPart): Promise<void> {
    const { lastModified, etag, size, checksum, partNumber } = part;
    await draft.finish({ lastModified, etag, size, checksum, partNumber, headers: {} });
    await this.#layout.disk.rename(
      draft.path,
      join(this.#layout.upload(bucket, uploadId), partName(partNumber)),
    );
  }

  async parts({ bucket, uploadId }: MultipartTarget): Promise<readonly ListedPart[]> {
    const directory = this.#layout.upload(bucket, uploadId);
    const names = (await namesIn(directory)).filter((name) => name !== UPLOAD_RECORD);
    const parts: ListedPart[] = [];
    for (let i = 0; i < names.length; i += READS_AT_ONCE) {
      const group = names.slice(i, i + READS_AT_ONCE);
      for (const record of await Promise.all(group.map((name) => readRecord(join(directory, name))))) {
        if (record === undefined) continue;
        const { partNumber = 0, etag, size, checksum, lastModified } = record;
        parts.push({ partNumber, etag, size, lastModified, ...(checksum && { checksum }) });
      }
    }
    return parts.sort((a, b) => a.partNumber - b.partNumber);
  }

  /** The upload's directory becomes that of an object's parts. */
  async handOver({ bucket, uploadId }: MultipartTarget): Promise<void> {
    const layout = this.#layout;
    await layout.disk.rename(layout.upload(bucket, uploadId), layout.parts(bucket, uploadId));
    await layout.disk.syncDirectory(layout.uploads(bucket));
  }

  async drop({ bucket, uploadId }: MultipartTarget): Promise<void> {
    // Out of sight in one step, then gone.
    const temporary = this.#layout.temporary();
    await this.#layout.disk.rename(this.#layout.upload(bucket, uploadId), temporary);
    await this.#layout.disk.syncDirectory(this.#layout.uploads(bucket));
    await this.#layout.disk.clear(temporary);
  }
}

const READS_AT_ONCE = 8;
