import type {
  CopyPartOptions,
  CreateMultipartOptions,
  ListedMultipart,
  ListedPart,
  MultipartTarget,
  PartInfo,
  StoreLimits,
} from "@sluice/object-store";
import { Refusal } from "./reference-body.js";
import type { Kept } from "./reference-objects.js";
import type { Sin } from "./sins.js";

export const LIMITS: StoreLimits = {
  minPartSize: 4,
  maxPartSize: 1e9,
  maxParts: 100,
  maxObjectSize: 1e9,
  maxPutSize: 1e9,
  maxPageSize: 100,
  maxDeleteKeys: 100,
  maxMetadataSize: 2_048,
  maxKeySize: 1_024,
};

export interface Upload extends MultipartTarget {
  readonly headers: CreateMultipartOptions;
  readonly parts: Map<number, Kept>;
}

/** As a listing has them. */
export const openOnes = (uploads: Iterable<Upload>): ListedMultipart[] =>
  Array.from(uploads, ({ bucket, key, uploadId }) => ({ bucket, key, uploadId, initiated: new Date(0) }));

/** Why these parts do not make an object, if they do not. */
export function whatIsWrong(
  parts: Upload["parts"],
  named: readonly PartInfo[],
  sin?: Sin,
): string | undefined {
  if (named.length === 0) return "InvalidRequest";
  for (const [i, { partNumber, etag }] of named.entries()) {
    const part = parts.get(partNumber);
    if (i > 0 && partNumber <= named[i - 1]!.partNumber && sin !== "acceptsAnyOrder")
      return "InvalidPartOrder";
    if (part === undefined && sin !== "ignoresMissingParts") return "InvalidPart";
    if (part && part.etag !== etag && sin !== "ignoresEtags") return "InvalidPart";
    if (part === undefined || part.bytes.length >= LIMITS.minPartSize) continue;
    const last = i === named.length - 1;
    if (last ? sin === "refusesAShortLastPart" : sin !== "acceptsShortParts") return "EntityTooSmall";
  }
  return undefined;
}

/** The bytes that a part is made of when it is copied. */
export function copied({ bytes, etag }: Kept, options: CopyPartOptions, sin?: Sin): Uint8Array {
  const { range, sourceIfMatch } = options;
  if (sourceIfMatch !== undefined && sourceIfMatch !== etag && sin !== "ignoresTheSourcesEtag") {
    throw new Refusal("PreconditionFailed", sin);
  }
  if (range === undefined || sin === "copiesTheWhole") return bytes;
  if (range.end >= bytes.length && sin !== "copiesLess") throw new Refusal("InvalidRange", sin);
  return bytes.slice(range.start, sin === "copiesWithoutTheLast" ? range.end : range.end + 1);
}

export function listed(parts: Upload["parts"]): ListedPart[] {
  const all = Array.from(parts, ([partNumber, { etag, bytes }]) => {
    return { partNumber, etag, size: bytes.length, lastModified: new Date(0) };
  });
  return all.sort((a, b) => a.partNumber - b.partNumber);
}
