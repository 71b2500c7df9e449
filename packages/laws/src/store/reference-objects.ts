import type {
  Checksum,
  GetOptions,
  HeadOptions,
  ListOptions,
  ListPage,
  ObjectHeaders,
  ObjectInfo,
  ObjectPart,
  ReadConditions,
  WriteConditions,
} from "@sluice/object-store";
import { Refusal } from "./reference-body.js";
import type { Sin } from "./sins.js";

export interface Kept {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly headers: ObjectHeaders;
  /** What it was joined from. */
  readonly parts?: readonly Kept[] | undefined;
  readonly checksum?: Checksum | undefined;
}

export function checkWrite(
  now: Kept | undefined,
  { ifMatch, ifNoneMatch }: WriteConditions,
  sin?: Sin,
): void {
  if (ifNoneMatch && now && sin !== "ignoresIfNoneMatch") throw new Refusal("PreconditionFailed", sin);
  if (ifMatch === undefined || sin === "ignoresIfMatch") return;
  if (!now) throw new Refusal("NoSuchKey", sin);
  if (now.etag !== ifMatch) throw new Refusal("PreconditionFailed", sin);
}

export function checkRead(now: Kept, { ifMatch, ifNoneMatch }: ReadConditions, sin?: Sin): void {
  if (sin === "ignoresReadConditions") return;
  if (ifMatch !== undefined && ifMatch !== now.etag) throw new Refusal("PreconditionFailed", sin);
  if (ifNoneMatch === now.etag) throw new Refusal("NotModified", sin);
}

export function infoOf(kept: Kept, { partNumber }: HeadOptions, sin?: Sin): ObjectInfo {
  const { bytes, etag, headers } = kept;
  const known = sin === "forgetsTheHeaders" ? {} : headers;
  const info = { ...known, size: bytes.length, etag, lastModified: new Date(0) };
  if (partNumber === undefined) return info;
  const part = partOf(kept, partNumber, sin);
  const { start, end } = part.range;
  return { ...info, ...(sin === "takesThePartForTheWhole" && { size: end - start + 1 }), part };
}

function partOf(kept: Kept, partNumber: number, sin?: Sin): ObjectPart {
  const parts = kept.parts ?? [kept];
  const part = parts[partNumber - 1];
  if (part === undefined) throw new Refusal("InvalidPartNumber", sin);
  const before = sin === "beginsEveryPartAtNothing" ? [] : parts.slice(0, partNumber - 1);
  const start = before.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const range = { start, end: start + part.bytes.length - 1 };
  const own = part.checksum;
  if (own === undefined) return { range };
  return { range, checksum: sin === "givesTheObjectsChecksum" ? { ...own, value: `${own.value}-1` } : own };
}

/** The bytes that were asked for, and where they are. */
export function cutOut(kept: Kept, { range: asked, partNumber }: GetOptions, sin?: Sin) {
  const { bytes } = kept;
  const number = partNumber === 2 && sin === "readsAnotherPart" ? 1 : partNumber;
  const range = number === undefined ? asked : partOf(kept, number, sin).range;
  const size = sin === "dropsTheLastByte" ? Math.max(0, bytes.length - 1) : bytes.length;
  if (range === undefined) return { bytes: bytes.slice(0, size), range: { start: 0, end: bytes.length - 1 } };
  const { start } = range;
  if (start >= bytes.length && sin !== "clampsTheStart") throw new Refusal("InvalidRange", sin);
  const end = Math.min(range.end ?? Number.POSITIVE_INFINITY, bytes.length - 1);
  const said = sin === "saysTheWrongRange" ? { start: 0, end: bytes.length - 1 } : { start, end };
  return { bytes: bytes.slice(start, sin === "endIsExcluded" ? end : end + 1), range: said };
}

export function aPage(objects: ReadonlyMap<string, Kept>, options: ListOptions, sin?: Sin): ListPage {
  const { prefix = "", delimiter, startAfter = "", continuation, limit = 1_000 } = options;
  const order = sin === "sortsByUtf16" ? undefined : byBytes;
  const rolledUp = (key: string) => {
    const cut = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    return cut < 0 ? undefined : key.slice(0, cut + delimiter!.length);
  };
  const keys = [...objects.keys()]
    .filter((key) => key.startsWith(prefix) && byBytes(key, startAfter) > 0)
    .sort(order);
  const entries = [...new Set(keys.map((key) => rolledUp(key) ?? key))];
  let from = continuation === undefined ? 0 : entries.indexOf(continuation) + 1;
  const last = entries[from - 1];
  if (last !== undefined && sin === "repeatsAtPages") from--;
  const page = entries.slice(from, from + limit);
  if (last !== undefined && sin === "repeatsPrefixes" && !objects.has(last)) page.unshift(last);
  return {
    objects: page
      .filter((entry) => rolledUp(entry) === undefined)
      .map((key) => ({
        key,
        size: objects.get(key)!.bytes.length,
        etag: objects.get(key)!.etag,
        lastModified: new Date(0),
      })),
    commonPrefixes: page.filter((entry) => rolledUp(entry) !== undefined),
    ...(from + limit < entries.length && { next: entries[from + limit - 1]! }),
  };
}

/** As the UTF-8 bytes compare. */
export function byBytes(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => new TextEncoder().encode(text)) as [Uint8Array, Uint8Array];
  for (const [i, byte] of left.entries()) if (byte !== right[i]) return byte - (right[i] ?? -1);
  return left.length - right.length;
}
