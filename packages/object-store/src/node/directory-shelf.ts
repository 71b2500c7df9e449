import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type {
  KeyWalk,
  ListedMultipart,
  ListedPart,
  MultipartTarget,
  ObjectTarget,
  OpenObject,
  Shelf,
  ShelfPart,
  ShelfRecord,
  ShelfUpload,
} from "@sluice/object-store";
import { refusal } from "@sluice/object-store";
import { claim } from "./claim.js";
import { DirectoryBuckets } from "./directory-buckets.js";
import { DirectoryUploads } from "./directory-uploads.js";
import { DirectoryWalk } from "./directory-walk.js";
import type { Disk } from "./disk.js";
import { FileDraft } from "./file-draft.js";
import { hasCode, translated, unlessDamaged, unlessMissing } from "./file-error.js";
import { Layout } from "./layout.js";
import { readRecord } from "./object-file.js";
import { openObject } from "./open-file.js";
import { isOwn } from "./own-path.js";
import { mark, recover, settle } from "./parts-of-object.js";
import { Readers } from "./readers.js";
import { relabel } from "./relabel.js";

/** A shelf in a directory, which belongs to one process. What it has published survives a crash. */
export class DirectoryShelf implements Shelf<FileDraft> {
  readonly #layout: Layout;
  readonly #buckets: DirectoryBuckets;
  readonly #uploads: DirectoryUploads;
  readonly #readers = new Readers();
  #ready: Promise<void> | undefined;
  #letGo: (() => Promise<void>) | undefined;

  constructor(root: string, disk: Disk) {
    this.#layout = new Layout(root, disk);
    this.#buckets = new DirectoryBuckets(this.#layout);
    this.#uploads = new DirectoryUploads(this.#layout);
  }

  /** Makes the directory if need be, and clears away what a crash has left. */
  prepare(): Promise<void> {
    this.#ready ??= this.#prepare().catch(async (error: unknown) => {
      await this.#letGo?.();
      this.#letGo = undefined;
      this.#ready = undefined;
      throw translated(error);
    });
    return this.#ready;
  }

  async #prepare(): Promise<void> {
    const layout = this.#layout;
    await layout.prepare();
    this.#letGo = await claim(layout.disk, layout.owners);
    await layout.tidy();
    await recover(layout);
  }

  /** Lets another process have the directory. */
  async close(): Promise<void> {
    await this.#ready?.catch(() => undefined);
    const letGo = this.#letGo;
    this.#letGo = undefined;
    this.#ready = undefined;
    await letGo?.();
  }

  createBucket(bucket: string, created: Date): Promise<void> {
    return this.#do(() => this.#buckets.create(bucket, created));
  }

  hasBucket(bucket: string): Promise<boolean> {
    return this.#do(() => this.#buckets.has(bucket));
  }

  removeBucket(bucket: string): Promise<boolean> {
    return this.#do(async () => {
      const first = await this.walk(bucket, "", "").next();
      return first === undefined && this.#buckets.remove(bucket);
    });
  }

  buckets(): Promise<readonly { readonly name: string; readonly created: Date }[]> {
    return this.#do(() => this.#buckets.list());
  }

  draft(_bucket: string, size: number): Promise<FileDraft> {
    return this.#do((layout) => FileDraft.create(layout.disk, layout.temporary(), size));
  }

  publish(target: ObjectTarget, draft: FileDraft, record: ShelfRecord): Promise<void> {
    return this.#do(async () => {
      await draft.finish(record);
      await this.#replace(target, (path) => this.#moveIn(target.bucket, draft.path, path));
    });
  }

  relabel(target: ObjectTarget, record: ShelfRecord): Promise<void> {
    return this.#do((layout) =>
      relabel(layout, target, record, (path) => this.#moveIn(target.bucket, path, layout.object(target))),
    );
  }

  look(target: ObjectTarget): Promise<ShelfRecord | undefined> {
    return this.#do((layout) => readRecord(layout.object(target)));
  }

  open(target: ObjectTarget): Promise<OpenObject | undefined> {
    return this.#do((layout) => openObject(layout, this.#readers, target));
  }

  remove(target: ObjectTarget): Promise<void> {
    return this.#do((layout) =>
      this.#replace(target, async (path) => {
        const [objects, directory] = [layout.objects(target.bucket), dirname(path)];
        if (!(await isOwn(directory)) || !(await layout.disk.unlink(path))) return;
        await layout.disk.syncRemoval(objects, directory);
        await layout.disk.pruneUp(objects, directory);
      }),
    );
  }

  walk(bucket: string, prefix: string, after: string): KeyWalk {
    const root = () => this.#do(async (layout) => layout.objects(bucket));
    return new DirectoryWalk(root, prefix, after);
  }

  createUpload(upload: Omit<ShelfUpload, "uploadId">): Promise<string> {
    return this.#do(() => this.#uploads.create(upload));
  }

  upload(target: MultipartTarget): Promise<ShelfUpload | undefined> {
    return this.#do(() => this.#uploads.find(target));
  }

  uploads(bucket: string): Promise<readonly ListedMultipart[]> {
    return this.#do(() => this.#uploads.list(bucket));
  }

  keepPart(target: MultipartTarget, draft: FileDraft, part: ListedPart): Promise<void> {
    return this.#do(() => this.#uploads.keepPart(target, draft, part));
  }

  parts(target: MultipartTarget): Promise<readonly ListedPart[]> {
    return this.#do(() => this.#uploads.parts(target));
  }

  publishParts(target: MultipartTarget, parts: readonly ShelfPart[], record: ShelfRecord): Promise<void> {
    return this.#do(async (layout) => {
      const draft = await FileDraft.create(layout.disk, layout.temporary(), 0);
      try {
        await draft.finish({ ...record, partsId: target.uploadId }, parts);
        await mark(layout, target);
        await this.#uploads.handOver(target);
        await this.#replace(target, (path) => this.#moveIn(target.bucket, draft.path, path));
      } catch (error) {
        await draft.discard();
        await this.#settle(target);
        throw error;
      }
      await this.#settle(target);
    });
  }

  dropUpload(target: MultipartTarget): Promise<void> {
    return this.#do(() => this.#uploads.drop(target));
  }

  /** Changes what is at a key, and clears away the parts of what was there before. */
  async #replace(target: ObjectTarget, change: (path: string) => Promise<void>): Promise<void> {
    const path = this.#layout.object(target);
    const uploadId = (await readRecord(path).catch(unlessDamaged))?.partsId;
    if (uploadId === undefined) return change(path);
    const { bucket, key } = target;
    await mark(this.#layout, { bucket, key, uploadId });
    await change(path);
    await this.#readers.whenFree(uploadId, () => this.#settle({ bucket, key, uploadId }));
  }

  // What is published is published, whatever becomes of the leavings. If this fails their mark stays, and they are
  // cleared away when the store is opened again.
  async #settle(target: MultipartTarget): Promise<void> {
    await settle(this.#layout, target).catch(() => undefined);
  }

  async #moveIn(bucket: string, from: string, to: string): Promise<void> {
    const { disk } = this.#layout;
    const objects = this.#layout.objects(bucket);
    for (let tries = 1; ; tries++) {
      try {
        await disk.makeDirectoryBelow(objects, dirname(to));
        await disk.rename(from, to);
        return await disk.keep(objects, dirname(to));
      } catch (error) {
        if (!hasCode(error, "ENOENT", "EEXIST")) throw error;
        if (!(await unlessMissing(stat(objects))))
          throw refusal("NoSuchBucket", `there is no bucket ${bucket}`);
        // A delete next door has pruned the directory that was empty a moment ago.
        if (tries === 10) throw error;
      }
    }
  }

  async #do<R>(task: (layout: Layout) => Promise<R>): Promise<R> {
    await this.prepare();
    try {
      return await task(this.#layout);
    } catch (error) {
      throw translated(error);
    }
  }
}
