import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { type ObjectTarget, StoreError } from "@sluice/object-store";
import type { Disk } from "./disk.js";
import { unlessMissing } from "./file-error.js";
import { namesOf } from "./key-path.js";

//  sluice-store.json                the version of this layout
//  tmp/                             what is being written; emptied when the store is opened
//  pending/<id>                     parts that are changing hands: see parts-of-object.ts
//  buckets/<bucket>/bucket.json     when it was made
//                   objects/…       one file an object: see key-path.ts and object-file.ts; without it there is no such bucket
//                   uploads/<id>/   upload.json, and a file for every part
//                   parts/<id>/     the parts of an object that is published

const VERSION = `${JSON.stringify({ format: "sluice-directory-store", version: 1 })}\n`;

/** Where everything is. */
export class Layout {
  readonly root: string;
  readonly disk: Disk;

  constructor(root: string, disk: Disk) {
    this.root = root;
    this.disk = disk;
  }

  get pending(): string {
    return join(this.root, "pending");
  }
  get buckets(): string {
    return join(this.root, "buckets");
  }
  bucket(bucket: string): string {
    return join(this.buckets, bucket);
  }
  bucketRecord(bucket: string): string {
    return join(this.bucket(bucket), "bucket.json");
  }
  objects(bucket: string): string {
    return join(this.bucket(bucket), "objects");
  }
  object({ bucket, key }: ObjectTarget): string {
    return join(this.objects(bucket), ...namesOf(key));
  }
  uploads(bucket: string): string {
    return join(this.bucket(bucket), "uploads");
  }
  upload(bucket: string, id: string): string {
    return join(this.uploads(bucket), id);
  }
  parts(bucket: string, id: string): string {
    return join(this.bucket(bucket), "parts", id);
  }
  temporary(): string {
    return join(this.root, "tmp", randomUUID());
  }

  /** Makes what is missing, refuses a directory of something else, and removes what a crash left half-written. */
  async prepare(): Promise<void> {
    await this.disk.makeDirectory(this.root);
    const path = join(this.root, "sluice-store.json");
    const unfinished = `${path}.new`;
    await rm(unfinished, { force: true });
    const names = await readdir(this.root);
    if (names.length === 0) {
      await this.disk.writeFile(unfinished, VERSION);
      await this.disk.rename(unfinished, path);
    } else if (!names.includes(basename(path))) {
      throw new StoreError("InvalidRequest", `${this.root} is neither empty nor a store's directory`);
    } else if ((await readFile(path, "utf8")) !== VERSION) {
      throw new StoreError(
        "InvalidRequest",
        `${this.root} is the directory of another version of this store`,
      );
    }
    await rm(join(this.root, "tmp"), { recursive: true, force: true });
    for (const name of ["tmp", "pending", "buckets"]) await mkdir(join(this.root, name), { recursive: true });
  }
}

/** The names in a directory; none if it is not there. */
export const namesIn = async (path: string) => (await unlessMissing(readdir(path))) ?? [];
