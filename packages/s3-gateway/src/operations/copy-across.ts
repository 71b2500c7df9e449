import type {
  GetResult,
  IntegrityOptions,
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
  options: CopyOptions,
): Promise<PutResult> {
  const { signal, replaceHeaders } = options;
  const got = await read(from, source, options);
  return passing(got.body, async () => {
    checkSize(got.size, to.store.limits.maxPutSize);
    const tags =
      options.tags ?? got.tags ?? (got.tagCount ? await from.store.tags?.get(source, { signal }) : {});
    const body = got.size === 0 ? new Uint8Array(0) : { stream: got.body, length: got.size };
    const kept = replaceHeaders ? {} : headersOf(got);
    return to.store.put(objectAt(to, key), body, { ...kept, ...options, tags, ...integrityOf(got) });
  });
}

/** Makes a part of an object in another store, or of a range of it. */
export async function copyPartAcross(
  from: Place,
  source: ObjectSource,
  to: Place,
  { upload, partNumber }: ReturnType<typeof partAsked>,
  options: PartOptions,
): Promise<PartInfo> {
  const { range, signal } = options;
  const got = await read(from, source, options, range);
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

async function read(
  from: Place,
  source: ObjectSource,
  { signal, ...conditions }: SourceConditions & { readonly signal: AbortSignal },
  range?: PartOptions["range"],
): Promise<GetResult> {
  try {
    return await from.store.get(source, {
      range,
      ifMatch: conditions.sourceIfMatch,
      ifNoneMatch: conditions.sourceIfNoneMatch,
      ifModifiedSince: conditions.sourceIfModifiedSince,
      ifUnmodifiedSince: conditions.sourceIfUnmodifiedSince,
      signal,
    });
  } catch (cause) {
    // Of the source of a copy, all that does not hold is this.
    if ((cause as { readonly code?: unknown } | undefined)?.code !== "NotModified") throw cause;
    const what = "At least one of the pre-conditions you specified did not hold.";
    throw new S3Error("PreconditionFailed", what, { cause });
  }
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

const headersOf = (info: ObjectInfo) => ({
  contentType: info.contentType,
  contentEncoding: info.contentEncoding,
  contentDisposition: info.contentDisposition,
  contentLanguage: info.contentLanguage,
  cacheControl: info.cacheControl,
  expires: info.expires,
  metadata: info.metadata,
});
