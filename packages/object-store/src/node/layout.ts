import { randomUUID } from "node:crypto";
import { readdir, readFile, realpath } from "node:fs/promises";
import { basename, join } from "node:path";
import { type ObjectTarget, StoreError } from "@sluice/object-store";
import type { Disk } from "./disk.js";
import { namesOf } from "./key-path.js";
import { isOwn, namesIn } from "./own-path.js";

//  sluice-store.json                the version of this layout
//  owners/                          a socket of the process that holds it: see claim.ts
//  tmp/                             what is being written; emptied when the store is opened
//  pending/<id>                     parts that are changing hands: see parts-of-object.ts
//  buckets/<bucket>/bucket.json     when it was made
//                   objects/…       one file an object: see key-path.ts and object-file.ts; without it there is no such bucket
//                   uploads/<id>/   upload.json, and a file for every part
//                   parts/<id>/     the parts of an object that is published

const VERSION = `${JSON.stringify({ format: "sluice-directory-store", version: 1 })}\n`;

const UNFINISHED = "sluice-store.json.new";

/** Where everything is. */
export class Layout {
  root: string;
  readonly disk: Disk;

  constructor(root: string, disk: Disk) {
    this.root = root;
    this.disk = disk;
  }

  get owners(): string {
    return join(this.root, "owners");
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

  /** Makes something under a temporary name, which is gone if that fails. */
  async making(task: (temporary: string) => Promise<void>): Promise<void> {
    const temporary = this.temporary();
    try {
      await task(temporary);
    } catch (error) {
      await this.disk.clear(temporary).catch(() => undefined);
      throw error;
    }
  }

  /** Makes what is missing, and refuses a directory of something else. Changes nothing that others may hold. */
  async prepare(): Promise<void> {
    await this.disk.makeDirectory(this.root);
    this.root = await realpath(this.root);
    const path = join(this.root, "sluice-store.json");
    const names = await readdir(this.root);
    if (names.every((name) => name.startsWith(UNFINISHED))) {
      const unfinished = join(this.root, `${UNFINISHED}${randomUUID()}`);
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
    for (const name of ["owners", "tmp", "pending", "buckets"]) {
      await this.disk.makeDirectory(join(this.root, name));
      if (await isOwn(join(this.root, name))) continue;
      throw new StoreError("InvalidRequest", `${join(this.root, name)} is a link, and has to be a directory`);
    }
    // Others may have made them just now, and not have come to this.
    await this.disk.syncDirectory(this.root);
  }

  /** Removes what a crash left half-written. */
  async tidy(): Promise<void> {
    for (const name of await namesIn(this.root))
      if (name.startsWith(UNFINISHED)) await this.disk.clear(join(this.root, name));
    for (const name of await namesIn(join(this.root, "tmp")))
      await this.disk.clear(join(this.root, "tmp", name));
  }
}
