import type {
  ByteRange,
  GetResult,
  IntegrityOptions,
  ObjectHeaders,
  ObjectInfo,
  ObjectSource,
  PartInfo,
  PutResult,
  SourceConditions,
} from "@sluice/object-store";
import { objectAt, type Place } from "../place.js";
import { S3Error } from "../protocol/s3-error.js";
import type { partAsked } from "./write-object.js";

//  A store cannot read in another one. So the bytes come through here, as those of a GET and a PUT do: as they are read,
//  with their length, and never more than a few pieces of them.

type CopyOptions = NonNullable<Parameters<Place["store"]["copy"]>[2]> & { readonly signal: AbortSignal };
type PartOptions = NonNullable<Parameters<Place["store"]["copyPart"]>[3]> & { readonly signal: AbortSignal };

/** Copies an object into another store. */
export async function copyAcross(
  from: Place,
  source: ObjectSource,
  to: Place,
  key: string,
  asked: CopyOptions,
): Promise<PutResult> {
  const { replaceHeaders, checksumAlgorithm, storageClass, ifMatch, ifNoneMatch, signal } = asked;
  const got = await reading(from, source, asked);
  return passing(got.body, async () => {
    checkSize(got.size, to.store.limits.maxPutSize);
    const body = got.size === 0 ? new Uint8Array(0) : { stream: got.body, length: got.size };
    const tags = asked.tags ?? (await tagsOf(from, source, got, signal));
    return to.store.put(objectAt(to, key), body, {
      ...headersOf(replaceHeaders ? asked : got),
      ...{ tags, storageClass, ifMatch, ifNoneMatch, checksumAlgorithm, signal },
      ...integrityOf(got),
    });
  });
}

/** Makes a part of an object in another store, or of a range of it. */
export async function copyPartAcross(
  from: Place,
  source: ObjectSource,
  to: Place,
  { upload, partNumber }: ReturnType<typeof partAsked>,
  asked: PartOptions,
): Promise<PartInfo> {
  const { range, signal } = asked;
  const got = await reading(from, source, asked, range);
  return passing(got.body, async () => {
    const { start, end } = got.range;
    if (range !== undefined && end !== range.end) {
      throw new S3Error("InvalidRange", "The copy source range is not within the object.");
    }
    const length = end - start + 1;
    checkSize(length, to.store.limits.maxPartSize);
    const body = length === 0 ? new Uint8Array(0) : { stream: got.body, length };
    const whole = length === got.size ? integrityOf(got) : {};
    return to.store.putPart(upload, partNumber, body, { signal, ...whole });
  });
}

/** Reads the source, which must be as the copy wants it: what it is not, is `PreconditionFailed` here. */
async function reading(
  from: Place,
  source: ObjectSource,
  conditions: SourceConditions & { readonly signal: AbortSignal },
  range?: ByteRange,
): Promise<GetResult> {
  try {
    return await from.store.get(source, {
      range,
      ifMatch: conditions.sourceIfMatch,
      ifNoneMatch: conditions.sourceIfNoneMatch,
      ifModifiedSince: conditions.sourceIfModifiedSince,
      ifUnmodifiedSince: conditions.sourceIfUnmodifiedSince,
      signal: conditions.signal,
    });
  } catch (cause) {
    if ((cause as { readonly code?: unknown }).code !== "NotModified") throw cause;
    throw new S3Error("PreconditionFailed", "The source of the copy has not changed.", { cause });
  }
}

/** The tags of the source, which the copy keeps. */
async function tagsOf(
  { store }: Place,
  source: ObjectSource,
  { tags, tagCount = 0 }: ObjectInfo,
  signal: AbortSignal,
): Promise<ObjectInfo["tags"]> {
  return tags ?? (tagCount > 0 ? store.tags?.get(source, { signal }) : undefined);
}

async function passing<T>(body: ReadableStream<Uint8Array>, pass: () => Promise<T>): Promise<T> {
  try {
    return await pass();
  } catch (cause) {
    // Whoever has begun to read it has let go of it by itself.
    if (!body.locked) await body.cancel(cause).catch(() => {});
    throw cause;
  }
}

function checkSize(size: number, most: number): void {
  if (size <= most) return;
  throw new S3Error(
    "InvalidRequest",
    `The specified copy source is larger than the maximum allowable size for a copy source: ${most}`,
  );
}

// The store that has the bytes knows their checksum, and the other one can compare it.
function integrityOf({ checksum }: ObjectInfo): IntegrityOptions {
  if (checksum === undefined || checksum.type === "composite") return {};
  const { algorithm, value } = checksum;
  return { trailer: { algorithm, value: () => value } };
}

const headersOf = (info: ObjectHeaders): ObjectHeaders => ({
  contentType: info.contentType,
  contentEncoding: info.contentEncoding,
  contentDisposition: info.contentDisposition,
  contentLanguage: info.contentLanguage,
  cacheControl: info.cacheControl,
  expires: info.expires,
  metadata: info.metadata,
});
