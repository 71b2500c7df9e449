import type { GetOptions, GetResult, HeadOptions, ObjectInfo, ObjectSource } from "../object.js";
import { refusal } from "../refusal.js";
import { checkSource, headersOf } from "./admission.js";
import { checkRead } from "./conditions.js";
import { type Extent, extentOf, partAmong } from "./extent.js";
import { objectBody } from "./object-body.js";
import type { Place } from "./place.js";
import type { Draft, OpenObject, ShelfRecord } from "./shelf.js";

/** The reading half of a {@link ShelfStore}. */
export class Reads<D extends Draft> {
  readonly #at: Place<D>;

  constructor(place: Place<D>) {
    this.#at = place;
  }

  async get(source: ObjectSource, options: GetOptions): Promise<GetResult> {
    const { signal, range, partNumber } = options;
    if (range !== undefined && partNumber !== undefined) {
      throw refusal("InvalidRequest", "a range and a part number exclude each other");
    }
    const object = await this.open(source, signal);
    try {
      checkRead(object.record, options, source);
      const part = await partIn(object, partNumber);
      const extent = part?.extent ?? extentOf(object.record.size, range);
      signal?.throwIfAborted();
      const body = objectBody(object, extent, this.#at.chunkSize, signal);
      return { ...infoOf(object.record, part), range: rangeOf(extent), body };
    } catch (error) {
      await object.close();
      throw error;
    }
  }

  async head(source: ObjectSource, options: HeadOptions): Promise<ObjectInfo> {
    const object = await this.open(source, options.signal);
    try {
      checkRead(object.record, options, source);
      return infoOf(object.record, await partIn(object, options.partNumber));
    } finally {
      await object.close();
    }
  }

  /** Whoever gets the object closes it. */
  async open(source: ObjectSource, signal: AbortSignal | undefined): Promise<OpenObject> {
    const { shelf, limits, buckets } = this.#at;
    checkSource(source, limits);
    signal?.throwIfAborted();
    const object = await shelf.open(source);
    if (object !== undefined) return object;
    await buckets.find(source.bucket);
    throw refusal("NoSuchKey", `${source.bucket}/${source.key} does not exist`);
  }
}

type Found = ReturnType<typeof partAmong>;

async function partIn(object: OpenObject, partNumber: number | undefined): Promise<Found | undefined> {
  if (partNumber === undefined) return undefined;
  const { size, checksum } = object.record;
  return partAmong((await object.parts()) ?? [{ partNumber: 1, size, checksum }], partNumber);
}

const rangeOf = ({ start, stop }: Extent) => ({ start, end: stop - 1 });

function infoOf(record: ShelfRecord, found: Found | undefined): ObjectInfo {
  const { size, etag, lastModified, headers, checksum, partsCount } = record;
  const info = { ...headersOf(headers), size, etag, lastModified: new Date(lastModified) };
  if (found === undefined) return { ...info, ...(checksum && { checksum: { ...checksum } }) };
  const { part, extent } = found;
  return {
    ...info,
    ...(partsCount !== undefined && { partsCount }),
    part: { range: rangeOf(extent), ...(part.checksum && { checksum: { ...part.checksum } }) },
  };
}
