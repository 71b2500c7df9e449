import type { DiskFileLike, DiskLike } from "./subject.js";

//  made ──unlink──▶ nameless ──close──▶ gone
//    └───close──▶ closed ──unlink──▶ gone
//
//  Until it is gone, its bytes are on the disk.

interface Inode {
  name: string | undefined;
  bytes: Uint8Array;
  size: number;
  open: number;
}

type Op = "open" | "write" | "read";

/** What a disk is going to do. */
export interface DiskPlan {
  /** Bytes that it has room for. */
  readonly room: number;
  /** What fails, and at which time; from 1. */
  readonly fails?: { readonly op: Op; readonly nth: number } | undefined;
  /** A file that is open cannot lose its name. */
  readonly clings: boolean;
  /** Reads and writes do half of what they are asked. */
  readonly halves: boolean;
}

export interface DiskHears {
  /** Settles when it is the turn of what was asked, and again when it is the turn of its answer. */
  turn(what: string): Promise<unknown>;
  onChange(): void;
}

class DiskError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** A disk in memory, whose every step is taken when its onlooker says so, and which counts. */
export class Disk implements DiskLike {
  /** Bytes that were ever written, and read. */
  written = 0;
  read = 0;
  /** How often it has failed. */
  failed = 0;
  /** Files that are being made. */
  making = 0;
  readonly #plan: DiskPlan;
  readonly #hears: DiskHears;
  readonly #inodes = new Set<Inode>();
  readonly #counts = new Map<Op, number>();
  #files = 0;

  constructor(plan: DiskPlan, hears: DiskHears) {
    this.#plan = plan;
    this.#hears = hears;
  }

  /** Bytes that files take, with or without a name. */
  get taken(): number {
    return [...this.#inodes].reduce((sum, { size }) => sum + size, 0);
  }

  /** The files that are there, with or without a name. */
  get left(): string[] {
    return Array.from(this.#inodes, ({ name }) => name ?? "one without a name");
  }

  mkdir(): Promise<unknown> {
    return this.#step("mkdir", () => undefined);
  }

  readdir(directory: string): Promise<string[]> {
    const within = `${directory}/`;
    return this.#step("readdir", () =>
      Array.from(this.#inodes, ({ name = "" }) => name)
        .filter((name) => name.startsWith(within))
        .map((name) => name.slice(within.length)),
    );
  }

  open(path: string, flags = "r"): Promise<DiskFileLike> {
    const nth = ++this.#files;
    this.making++;
    const opening = this.#step(`open file ${nth}`, () => {
      this.#mayFail("open");
      const there = this.#find(path);
      if (there && flags.includes("x")) throw new DiskError("EEXIST");
      if (!there && flags.startsWith("r")) throw new DiskError("ENOENT");
      const inode = there ?? { name: path, bytes: new Uint8Array(0), size: 0, open: 0 };
      if (flags.startsWith("w")) inode.size = 0;
      inode.open++;
      this.#inodes.add(inode);
      return this.#handle(inode, nth);
    });
    return opening.finally(() => {
      this.making--;
    });
  }

  unlink(path: string): Promise<void> {
    return this.#step("unlink", () => {
      const inode = this.#find(path);
      if (!inode) throw new DiskError("ENOENT");
      if (this.#plan.clings && inode.open > 0) throw new DiskError("EBUSY");
      inode.name = undefined;
      this.#mayGo(inode);
    });
  }

  rm(path: string, options: { readonly force?: boolean | undefined } = {}): Promise<void> {
    return this.unlink(path).catch((error: DiskError) => {
      if (error.code !== "ENOENT" || !options.force) throw error;
    });
  }

  #handle(inode: Inode, nth: number): DiskFileLike {
    let open = true;
    const mustBeOpen = () => {
      if (!open) throw new DiskError("EBADF");
    };
    return {
      write: (bytes, offset, length, position) =>
        this.#step(`write ${length} bytes to file ${nth}`, () => {
          mustBeOpen();
          this.#mayFail("write");
          const bytesWritten = Math.min(this.#least(length), this.#plan.room - this.taken);
          if (bytesWritten <= 0 && length > 0) throw this.#failure("ENOSPC");
          this.#put(inode, bytes.subarray(offset, offset + bytesWritten), position);
          return { bytesWritten };
        }),
      read: (into, offset, length, position) =>
        this.#step(`read ${length} bytes of file ${nth}`, () => {
          mustBeOpen();
          this.#mayFail("read");
          const bytes = inode.bytes.subarray(position, Math.min(position + this.#least(length), inode.size));
          into.set(bytes, offset);
          this.read += bytes.length;
          return { bytesRead: bytes.length };
        }),
      close: () =>
        this.#step(`close file ${nth}`, () => {
          mustBeOpen();
          open = false;
          inode.open--;
          this.#mayGo(inode);
        }),
    };
  }

  #put(inode: Inode, bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > inode.bytes.length) {
      const larger = new Uint8Array(2 * end);
      larger.set(inode.bytes);
      inode.bytes = larger;
    }
    inode.bytes.set(bytes, position);
    inode.size = Math.max(inode.size, end);
    this.written += bytes.length;
  }

  #find(path: string): Inode | undefined {
    return [...this.#inodes].find(({ name }) => name === path);
  }

  #mayGo(inode: Inode): void {
    if (inode.name === undefined && inode.open === 0) this.#inodes.delete(inode);
  }

  #least(length: number): number {
    return this.#plan.halves ? Math.ceil(length / 2) : length;
  }

  #mayFail(op: Op): void {
    const nth = (this.#counts.get(op) ?? 0) + 1;
    this.#counts.set(op, nth);
    const { fails } = this.#plan;
    if (fails?.op === op && fails.nth === nth) throw this.#failure("EIO");
  }

  #failure(code: string): DiskError {
    this.failed++;
    return new DiskError(code);
  }

  async #step<R>(what: string, effect: () => R): Promise<R> {
    await this.#hears.turn(what);
    const result = effect();
    this.#hears.onChange();
    await this.#hears.turn(`${what}: done`);
    return result;
  }
}
