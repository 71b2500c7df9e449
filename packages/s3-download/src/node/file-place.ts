import { createDigest, type Digest } from "@sluice/object-store";
import type { RangePlace } from "@sluice/s3-download";

/** Bytes that are gathered before they are written: each write is a trip to the thread pool. */
const GATHERED = 2 ** 18;

/** What the places of one download have in common. */
export interface FilePlaces {
  readonly algorithm: Parameters<typeof createDigest>[0] | undefined;
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** The checksum of all bytes of a range. */
  note(start: number, stop: number, value: string): void;
}

/** Where one range goes in a file. */
export class FilePlace implements RangePlace {
  readonly #places: FilePlaces;
  readonly #start: number;
  readonly #stop: number;
  readonly #digest: Digest | undefined;
  #buffer: Uint8Array | undefined;
  #gathered = 0;
  #at: number;

  constructor(places: FilePlaces, { start, end }: { readonly start: number; readonly end: number }) {
    this.#places = places;
    this.#start = start;
    this.#at = start;
    this.#stop = end + 1;
    this.#digest = places.algorithm && createDigest(places.algorithm);
  }

  write(chunk: Uint8Array): void | Promise<void> {
    this.#digest?.update(chunk);
    const last = this.#at + this.#gathered + chunk.length === this.#stop;
    if (last || chunk.length > this.#room) return this.#writeThrough(chunk, last);
    this.#gather(chunk);
  }

  async end(): Promise<void> {
    if (this.#digest === undefined) return;
    const value = Buffer.from(await this.#digest.done()).toString("base64");
    this.#places.note(this.#start, this.#stop, value);
  }

  async #writeThrough(chunk: Uint8Array, last: boolean): Promise<void> {
    // What comes in one chunk needs no buffer.
    const joins = this.#buffer !== undefined && chunk.length <= this.#room;
    if (joins) this.#gather(chunk);
    await this.#flush();
    if (joins) return;
    if (last || chunk.length > GATHERED / 2) await this.#append(chunk);
    else this.#gather(chunk);
  }

  get #room(): number {
    return (this.#buffer?.length ?? GATHERED) - this.#gathered;
  }

  #gather(chunk: Uint8Array): void {
    // All of it is going to be written over.
    this.#buffer ??= Buffer.allocUnsafeSlow(Math.min(GATHERED, this.#stop - this.#start));
    this.#buffer.set(chunk, this.#gathered);
    this.#gathered += chunk.length;
  }

  async #flush(): Promise<void> {
    const gathered = this.#buffer?.subarray(0, this.#gathered);
    this.#gathered = 0;
    if (gathered !== undefined && gathered.length > 0) await this.#append(gathered);
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const position = this.#at;
    this.#at += bytes.length;
    await this.#places.write(bytes, position);
  }
}
