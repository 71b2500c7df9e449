import type { ObjectSource, ObjectTarget, RequestOptions } from "../object.js";
import { refusal } from "../refusal.js";
import type { TagStore } from "../store.js";
import { checkSource, checkTags } from "./admission.js";
import { objectLineOf } from "./lines.js";
import type { Place } from "./place.js";
import type { Draft, ShelfRecord } from "./shelf.js";

/** The tags of a shelf's objects. */
export class Tags<D extends Draft> implements TagStore {
  readonly #at: Place<D>;

  constructor(place: Place<D>) {
    this.#at = place;
  }

  async get(
    source: ObjectSource,
    { signal }: RequestOptions = {},
  ): Promise<Readonly<Record<string, string>>> {
    checkSource(source, this.#at.limits);
    signal?.throwIfAborted();
    return { ...(await this.#find(source)).headers.tags };
  }

  async put(
    source: ObjectSource,
    tags: Readonly<Record<string, string>>,
    { signal }: RequestOptions = {},
  ): Promise<void> {
    checkSource(source, this.#at.limits);
    checkTags(tags);
    signal?.throwIfAborted();
    await this.#relabel(source, { ...tags });
  }

  async delete(source: ObjectSource, { signal }: RequestOptions = {}): Promise<void> {
    checkSource(source, this.#at.limits);
    signal?.throwIfAborted();
    await this.#relabel(source, {});
  }

  #relabel({ bucket, key }: ObjectSource, tags: Readonly<Record<string, string>>): Promise<void> {
    const { lines, shelf } = this.#at;
    const target = { bucket, key };
    return lines.run(objectLineOf(target), async () => {
      const record = await this.#find(target);
      await shelf.relabel(target, { ...record, headers: { ...record.headers, tags } });
    });
  }

  async #find({ bucket, key }: ObjectTarget): Promise<ShelfRecord> {
    const { shelf, buckets } = this.#at;
    const record = await shelf.look({ bucket, key });
    if (record !== undefined) return record;
    await buckets.find(bucket);
    throw refusal("NoSuchKey", `${bucket}/${key} does not exist`);
  }
}
