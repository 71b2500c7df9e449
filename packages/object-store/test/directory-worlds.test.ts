import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ShelfStore } from "@sluice/object-store";
import { DirectoryStore } from "@sluice/object-store/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DirectoryShelf } from "../src/node/directory-shelf.js";
import { Disk, type NewFile } from "../src/node/disk.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const at = (key: string) => ({ bucket: "bucket", key });

let scratch: string;
let directory: string;
let objects: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "sluice-"));
  directory = join(scratch, "store");
  objects = join(directory, "buckets", "bucket", "objects");
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

const open = () => DirectoryStore.open(directory, { sync: false, limits: { minPartSize: 4 } });
const read = async (store: DirectoryStore, key: string) =>
  new Response((await store.get(at(key))).body).text();
const keys = async (store: DirectoryStore) => (await store.list("bucket")).objects.map(({ key }) => key);

describe("DirectoryStore", () => {
  test("keeps apart keys that a file system would take for one, or for a way out", async () => {
    const store = await open();
    const tricks = ["../x", "a/../b", ".", "..", "./", "a//b", "a", "a/", "a/b", "a/b/", "//", "\0", "a\0b"];
    tricks.push(
      "\u00e9",
      "e\u0301",
      "\ufb03",
      "ffi",
      "K",
      "\u212a",
      "k",
      "A",
      "con",
      "NUL.txt",
      "aux",
      "a.",
      "a ",
    );
    tricks.push(
      "o-a",
      "d-a",
      "c-a",
      "d-a/o-b",
      "%61",
      "bucket.json",
      "upload.json",
      "1.part",
      "tmp/x",
      "y".repeat(300),
    );
    for (const key of tricks) await store.put(at(key), bytes(`this is ${key}`));
    for (const key of tricks) expect(await read(store, key)).toBe(`this is ${key}`);
    expect(await keys(store)).toEqual(tricks.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    expect(await readdir(scratch)).toEqual(["store"]);
    for (const [i, key] of tricks.entries()) {
      await store.delete(at(key));
      for (const other of tricks.slice(i + 1, i + 3))
        expect(await read(store, other)).toBe(`this is ${other}`);
    }
    expect(await readdir(objects)).toEqual([]);
  });

  test("has buckets that are named like its own directories", async () => {
    const store = await open();
    const names = ["buckets", "objects", "owners", "parts", "pending", "tmp", "uploads"];
    for (const bucket of names) await store.put({ bucket, key: "k" }, bytes(bucket));
    const again = await open();
    expect((await again.buckets.list()).map(({ name }) => name)).toEqual(names);
    for (const bucket of names) {
      expect(await new Response((await again.get({ bucket, key: "k" })).body).text()).toBe(bucket);
    }
  });

  test("reads nothing, writes nothing and removes nothing through a link that somebody put into it", async () => {
    const store = await open();
    const outside = join(scratch, "outside");
    await mkdir(outside);
    await store.put(at("real"), bytes("another's"));
    await rename(join(objects, "o-real"), join(outside, "o-x"));
    await symlink(outside, join(objects, "d-dir"));
    await symlink(join(outside, "o-x"), join(objects, "o-file"));
    await symlink(outside, join(directory, "buckets", "linked"));
    await mkdir(join(outside, "objects"));
    await writeFile(join(outside, "bucket.json"), '{"created":0}');
    const before = await readdir(outside);

    expect(await keys(store)).toEqual([]);
    expect((await store.list("bucket", { prefix: "dir/" })).objects).toEqual([]);
    for (const key of ["dir/x", "file"]) {
      await expect(store.get(at(key))).rejects.toMatchObject({ code: "NoSuchKey" });
    }
    await expect(store.put(at("dir/y"), bytes("1"))).rejects.toMatchObject({ code: "InternalError" });
    await expect(store.put(at("dir/deep/y"), bytes("1"))).rejects.toMatchObject({ code: "InternalError" });
    await store.delete(at("dir/x"));
    expect((await store.buckets.list()).map(({ name }) => name)).toEqual(["bucket"]);
    await expect(store.list("linked")).rejects.toMatchObject({ code: "NoSuchBucket" });

    await store.put(at("file"), bytes("mine"));
    expect(await read(store, "file")).toBe("mine");
    expect(await readdir(outside)).toEqual(before);
    expect((await readFile(join(outside, "o-x"), "latin1")).startsWith("another's")).toBe(true);

    await rename(join(directory, "tmp"), join(outside, "tmp"));
    await symlink(join(outside, "tmp"), join(directory, "tmp"));
    await expect(open()).rejects.toMatchObject({ code: "InvalidRequest" });
  });

  test("is not confused by a directory or a pipe in the place of an object, and replaces a damaged one", async () => {
    const store = await open();
    await store.put(at("fine"), bytes("fine"));
    await mkdir(join(objects, "o-directory"));
    execFileSync("mkfifo", [join(objects, "o-pipe")]);
    await writeFile(join(objects, "o-damaged"), "not an object");
    for (const key of ["directory", "pipe", "damaged"]) {
      await expect(store.get(at(key))).rejects.toMatchObject({ code: "InternalError", retryable: false });
    }
    await expect(store.put(at("directory"), bytes("1"))).rejects.toMatchObject({ retryable: false });
    await store.put(at("pipe"), bytes("1"));
    await store.put(at("damaged"), bytes("2"));
    expect(await keys(store)).toEqual(["damaged", "fine", "pipe"]);
    await writeFile(join(objects, "o-damaged"), "not an object");
    await store.delete(at("damaged"));
    expect(await keys(store)).toEqual(["fine", "pipe"]);
  });

  test("says which failure of the disk it was, and leaves what was there", async () => {
    const before = await open();
    await before.put(at("k"), bytes("old"));
    const upload = await before.createMultipart(at("k"));
    const part = await before.putPart(upload, 1, bytes("part"));
    const disk = new BrokenDisk(false);
    const store = new ShelfStore(new DirectoryShelf(directory, disk), { limits: { minPartSize: 4 } });
    const large = new Uint8Array(1_000_000);
    for (const where of ["create", "write", "sync", "move"] as const) {
      for (const [code, retryable] of [
        ["ENOSPC", false],
        ["EACCES", false],
        ["EIO", true],
      ] as const) {
        disk.breaks = { where, code };
        const failure = { code: "InternalError", retryable, cause: { code } };
        await expect(store.put(at("k"), large)).rejects.toMatchObject(failure);
        await expect(store.put(at("new"), large)).rejects.toMatchObject(failure);
        await expect(store.putPart(upload, 1, large)).rejects.toMatchObject(failure);
        await expect(store.completeMultipart(upload, [part])).rejects.toMatchObject(failure);
        if (where === "move") await expect(store.createMultipart(at("k"))).rejects.toMatchObject(failure);
        disk.breaks = undefined;
        expect(await read(before, "k")).toBe("old");
        expect(await keys(before)).toEqual(["k"]);
        expect((await store.listParts(upload)).parts).toMatchObject([part]);
        expect(await readdir(join(directory, "tmp"))).toEqual([]);
      }
    }
    await store.completeMultipart(upload, [part]);
    expect(await read(before, "k")).toBe("part");
  });
});

/** Fails where it is told, as a system does. */
class BrokenDisk extends Disk {
  breaks: { readonly where: "create" | "write" | "sync" | "move"; readonly code: string } | undefined;

  override async create(path: string): Promise<NewFile> {
    this.#fail("create");
    const file = await super.create(path);
    return {
      write: async (buffer: Buffer, offset: number, length: number, position: number) => {
        // A disk is full somewhere in the middle.
        if (position > 0 || length < 1000) this.#fail("write");
        return file.write(buffer, offset, length, position);
      },
      close: () => file.close(),
    } as unknown as NewFile;
  }

  override async syncFile(): Promise<void> {
    this.#fail("sync");
  }

  override async move(from: string, to: string): Promise<void> {
    this.#fail("move");
    return super.move(from, to);
  }

  #fail(where: string): void {
    if (this.breaks?.where !== where) return;
    const { code } = this.breaks;
    throw Object.assign(new Error(`${code}: told to`), { code, syscall: where });
  }
}
