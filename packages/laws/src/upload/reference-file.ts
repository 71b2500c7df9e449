import type { StreamedBody } from "./bodies.js";
import type { Sin } from "./sins.js";
import type { DiskFileLike, SpoolLike } from "./subject.js";

/** Bytes that are copied at a time; so few that every part is many of them. */
export const WINDOW = 2;

/** The bytes of one part in a file. */
export class PartFile {
  size = 0;
  readonly #spool: SpoolLike;
  readonly #path: string;
  readonly #sin: Sin | undefined;
  #making: Promise<DiskFileLike> | undefined;
  #file: DiskFileLike | undefined;
  #named = true;
  #working: Promise<unknown> = Promise.resolve();

  constructor(spool: SpoolLike, sin: Sin | undefined) {
    this.#spool = spool;
    this.#path = `${spool.directory}/${crypto.randomUUID()}`;
    this.#sin = sin;
  }

  /** Without a name from here on, where that is possible. */
  async make(): Promise<void> {
    const { disk } = this.#spool;
    this.#making = disk.open(this.#path, "wx+");
    this.#file = await this.#making;
    const nameless = disk.unlink(this.#path);
    this.#working = nameless.catch(() => undefined);
    this.#named = await nameless.then(
      () => false,
      () => this.#sin !== "leavesTheName",
    );
  }

  append(bytes: Uint8Array): Promise<void> {
    return this.#works(async () => {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await this.#file!.write(bytes, at, bytes.length - at, this.size);
        const counted = this.#sin === "trustsWrites" ? bytes.length - at : bytesWritten;
        this.size += counted;
        at += counted;
      }
    });
  }

  /** The bytes from `start` on, for one request. */
  body(start: number, length: number): StreamedBody {
    let at = 0;
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      if (at < length) controller.enqueue(await this.#read(start + at, Math.min(WINDOW, length - at)));
      at += WINDOW;
      if (at >= length) controller.close();
    };
    const ahead = this.#sin === "readsTheFileAhead" ? length : 0;
    return { stream: new ReadableStream({ pull }, { highWaterMark: ahead }), length };
  }

  /** All of it, in memory. */
  async bytes(start: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += WINDOW)
      bytes.set(await this.#read(start + at, Math.min(WINDOW, length - at)), at);
    return bytes;
  }

  /** Behind what is being done with it. */
  async remove(): Promise<void> {
    if (this.#sin === "leavesTheFileInTheMaking" && !this.#file) return;
    const file = await this.#making?.catch(() => undefined);
    if (!file) return;
    await this.#working;
    if (this.#sin !== "leavesItOpen") await file.close().catch(() => undefined);
    if (this.#named) await this.#spool.disk.unlink(this.#path).catch(() => undefined);
  }

  #read(start: number, length: number): Promise<Uint8Array> {
    return this.#works(async () => {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const { bytesRead } = await this.#file!.read(bytes, at, length - at, start + at);
        if (bytesRead === 0) throw new Error("the file is shorter than it was");
        at += this.#sin === "trustsReads" ? length : bytesRead;
      }
      return bytes;
    });
  }

  #works<R>(work: () => Promise<R>): Promise<R> {
    const working = this.#working.then(work);
    this.#working = working.catch(() => undefined);
    return working;
  }
}
