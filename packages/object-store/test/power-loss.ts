import { mkdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { Disk, type NewFile } from "../src/node/disk.js";
import type { Random } from "./crash-model.js";

// A disk whose power fails. What is done is noted, change by change. At the crash, what was not synced may be there or
// not: of each directory the changes up to some moment behind its last sync, of each file the bytes of its last sync
// and perhaps some more. A rename has happened in both directories, or in none.

interface Change {
  readonly at: number;
  readonly name: string;
  /** What the name stands for from then on. */
  readonly node: Node | undefined;
}

interface Node {
  /** Of a directory: what the system shows, and how it came to that. */
  readonly names: Map<string, Node> | undefined;
  readonly changes: Change[];
  bytes: Buffer;
  synced: Buffer;
  syncedAt: number;
}

const nodeOf = (kind: "file" | "directory"): Node => {
  const none = Buffer.alloc(0);
  const names = kind === "directory" ? new Map<string, Node>() : undefined;
  return { names, changes: [], bytes: none, synced: none, syncedAt: 0 };
};

class PowerLoss extends Error {}

/** Does all that it is told below the root, in truth and in its notes, until its power fails. It syncs only in its notes. */
export class FailingDisk extends Disk {
  readonly #outside: string;
  readonly #lasts: number;
  readonly #top = nodeOf("directory");
  readonly #all: Node[] = [this.#top];
  readonly #files = new WeakMap<NewFile, Node>();
  #clock = 0;

  /** @param lasts how many changes and syncs there are before the power fails. */
  constructor(root: string, lasts: number) {
    super(true);
    this.#outside = dirname(root);
    this.#lasts = lasts;
  }

  get failed(): boolean {
    return this.#clock >= this.#lasts;
  }

  override async create(path: string): Promise<NewFile> {
    const node = nodeOf("file");
    const file = await this.#do(
      () => super.create(path),
      () => this.#set(path, node),
      (opened) => opened.close(),
    );
    const noted = {
      write: (bytes: Buffer, offset: number, length: number, position: number) =>
        this.#do(
          () => file.write(bytes, offset, length, position),
          ({ bytesWritten }) => {
            const added = bytes.subarray(offset, offset + bytesWritten);
            node.bytes = Buffer.concat([node.bytes.subarray(0, position), added]);
          },
        ),
      close: () => file.close(),
    } as unknown as NewFile;
    this.#files.set(noted, node);
    return noted;
  }

  override syncFile(file: NewFile): Promise<void> {
    return this.#do(
      async () => {},
      () => {
        const node = this.#files.get(file)!;
        node.synced = node.bytes;
      },
    );
  }

  override writeFile(path: string, text: string): Promise<void> {
    const node = nodeOf("file");
    node.bytes = Buffer.from(text);
    node.synced = node.bytes;
    return this.#do(
      () => writeFile(path, text),
      () => this.#set(path, node),
    );
  }

  override move(from: string, to: string): Promise<void> {
    return this.#do(
      () => super.move(from, to),
      () => {
        const node = this.#find(from)!;
        this.#set(from, undefined);
        this.#set(to, node);
      },
    );
  }

  override syncDirectory(path: string): Promise<void> {
    return this.#do(
      // It may be gone.
      async () => void (await stat(path)),
      () => {
        const node = this.#find(path);
        if (node) node.syncedAt = this.#clock;
      },
    );
  }

  override unlink(path: string): Promise<boolean> {
    return this.#do(
      () => super.unlink(path),
      (done) => {
        if (done) this.#set(path, undefined);
      },
    );
  }

  override clear(path: string): Promise<void> {
    return this.#do(
      () => super.clear(path),
      () => this.#clear(path),
    );
  }

  override makeOne(path: string): Promise<void> {
    return this.#do(
      () => super.makeOne(path),
      () => this.#set(path, nodeOf("directory")),
    );
  }

  override removeOne(path: string): Promise<void> {
    return this.#do(
      () => super.removeOne(path),
      () => this.#set(path, undefined),
    );
  }

  /** Makes, in a directory that does not exist, what the crash has left of the root. */
  async leave(directory: string, name: string, random: Random): Promise<void> {
    const until = new Map(
      this.#all.map((node) => [node, node.syncedAt + random(2) * random(this.#clock + 1)]),
    );
    // What has happened in one directory has happened in the other.
    for (let settled = false; !settled; ) {
      settled = true;
      const done = new Set<number>();
      for (const [node, end] of until) for (const { at } of node.changes) if (at <= end) done.add(at);
      for (const [node, end] of until) {
        const last = Math.max(0, ...node.changes.map(({ at }) => at).filter((at) => done.has(at)));
        if (last <= end) continue;
        until.set(node, last);
        settled = false;
      }
    }
    const write = async (node: Node, path: string): Promise<void> => {
      if (node.names === undefined) {
        const more = random(2) * random(node.bytes.length - node.synced.length + 1);
        return writeFile(path, node.bytes.subarray(0, node.synced.length + more));
      }
      await mkdir(path, { recursive: true });
      const names = new Map<string, Node>();
      for (const { at, name: one, node: what } of node.changes) {
        if (at > until.get(node)!) break;
        if (what) names.set(one, what);
        else names.delete(one);
      }
      for (const [one, what] of names) await write(what, join(path, one));
    };
    const root = this.#top.changes.find((change) => change.name === name)?.node;
    await (root ? write(root, directory) : mkdir(directory));
  }

  /** Runs it, and notes it unless the power has failed meanwhile. */
  async #do<R>(
    work: () => Promise<R>,
    note: (result: R) => void,
    undo?: (result: R) => Promise<void>,
  ): Promise<R> {
    if (this.failed) throw new PowerLoss();
    const result = await work();
    if (this.failed) {
      await undo?.(result);
      throw new PowerLoss();
    }
    this.#clock++;
    note(result);
    return result;
  }

  #find(path: string): Node | undefined {
    const names = relative(this.#outside, path).split("/");
    if (names[0] === "") return this.#top;
    let node: Node | undefined = this.#top;
    for (const name of names) node = node?.names?.get(name);
    return node;
  }

  #set(path: string, node: Node | undefined): void {
    const directory = this.#find(dirname(path));
    if (directory?.names === undefined) return;
    directory.changes.push({ at: this.#clock, name: basename(path), node });
    if (node === undefined) directory.names.delete(basename(path));
    else directory.names.set(basename(path), node);
    if (node && !this.#all.includes(node)) this.#all.push(node);
  }

  #clear(path: string): void {
    const node = this.#find(path);
    if (node === undefined) return;
    for (const name of [...(node.names?.keys() ?? [])]) {
      this.#clear(join(path, name));
      this.#clock++;
    }
    this.#set(path, undefined);
  }
}
