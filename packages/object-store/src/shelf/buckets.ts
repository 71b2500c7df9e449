import type { RequestOptions } from "../object.js";
import { refusal } from "../refusal.js";
import type { BucketStore } from "../store.js";
import { checkBucket, checkNewBucket } from "./admission.js";
import type { Lines } from "./lines.js";
import type { Shelf } from "./shelf.js";

/** The buckets of a shelf, by S3's rules. */
export class Buckets implements BucketStore {
  readonly #shelf: Shelf;
  readonly #lines: Lines;
  readonly #now: () => Date;
  readonly #autoCreate: boolean;

  constructor(shelf: Shelf, lines: Lines, now: () => Date, autoCreate: boolean) {
    this.#shelf = shelf;
    this.#lines = lines;
    this.#now = now;
    this.#autoCreate = autoCreate;
  }

  async create(bucket: string, { signal }: RequestOptions = {}): Promise<void> {
    checkNewBucket(bucket);
    signal?.throwIfAborted();
    await this.#inLine(bucket, async () => {
      if (await this.#shelf.hasBucket(bucket)) {
        throw refusal("BucketAlreadyOwnedByYou", `the bucket ${bucket} exists already`);
      }
      await this.#shelf.createBucket(bucket, this.#now());
    });
  }

  async head(bucket: string, { signal }: RequestOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    await this.find(bucket);
  }

  async delete(bucket: string, { signal }: RequestOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    await this.#inLine(bucket, async () => {
      await this.find(bucket);
      if (await this.#shelf.removeBucket(bucket)) return;
      throw refusal("BucketNotEmpty", `the bucket ${bucket} is not empty`);
    });
  }

  async list({
    signal,
  }: RequestOptions = {}): Promise<readonly { readonly name: string; readonly created: Date }[]> {
    signal?.throwIfAborted();
    const buckets = await this.#shelf.buckets();
    return [...buckets].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Refuses unless there is the bucket. */
  async find(bucket: string): Promise<void> {
    checkBucket(bucket);
    if (!(await this.#shelf.hasBucket(bucket))) throw refusal("NoSuchBucket", `there is no bucket ${bucket}`);
  }

  /** The same for one that is about to be written to, and may be made for it. */
  async need(bucket: string): Promise<void> {
    if (!this.#autoCreate || (await this.#shelf.hasBucket(bucket))) return this.find(bucket);
    await this.#inLine(bucket, () => this.#shelf.createBucket(bucket, this.#now()));
  }

  #inLine<R>(bucket: string, task: () => Promise<R>): Promise<R> {
    return this.#lines.run(`bucket ${bucket}`, task);
  }
}
