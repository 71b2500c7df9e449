import type { GetOptions, GetResult, HeadOptions, ObjectInfo, ObjectSource } from "../object.js";
import { refusal } from "../refusal.js";
import { checkSource, headersOf } from "./admission.js";
import { checkRead } from "./conditions.js";
import { type Extent, extentOf, extentOfPart } from "./extent.js";
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
      const extent = await extentIn(object, options);
      signal?.throwIfAborted();
      const info = infoOf(object.record, partNumber !== undefined);
      const body = objectBody(object, extent, this.#at.chunkSize, signal);
      return { ...info, range: { start: extent.start, end: extent.stop - 1 }, body };
    } catch (error) {
      await object.close();
      throw error;
    }
  }

  async head(source: ObjectSource, options: HeadOptions): Promise<ObjectInfo> {
    const object = await this.open(source, options.signal);
    try {
      checkRead(object.record, options, source);
      await extentIn(object, options);
      return infoOf(object.record, options.partNumber !== undefined);
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

async function extentIn(object: OpenObject, { range, partNumber }: GetOptions): Promise<Extent> {
  const { size } = object.record;
  return partNumber === undefined
    ? extentOf(size, range)
    : extentOfPart(size, await object.parts(), partNumber);
}

function infoOf(record: ShelfRecord, partAsked: boolean): ObjectInfo {
  const { size, etag, lastModified, headers, checksum, partsCount } = record;
  return {
    ...headersOf(headers),
    size,
    etag,
    lastModified: new Date(lastModified),
    ...(checksum && { checksum: { ...checksum } }),
    ...(partAsked && partsCount !== undefined && { partsCount }),
  };
}
