import type { StoreLimits } from "../limits.js";
import type { ListedMultipart, ListMultipartsOptions, MultipartsPage } from "../multipart.js";
import type { ListOptions, ListPage, ObjectTarget } from "../object.js";
import { refusal } from "../refusal.js";
import { compareUtf8 } from "../utf8-order.js";
import { pageSize } from "./admission.js";
import type { Shelf, ShelfRecord } from "./shelf.js";

/** One page of a bucket's objects. */
export async function listObjects(
  shelf: Shelf,
  bucket: string,
  options: ListOptions,
  limits: StoreLimits,
): Promise<ListPage> {
  const { prefix = "", delimiter = "", startAfter = "", continuation, signal } = options;
  const limit = pageSize(options.limit, limits);
  const from = continuation === undefined ? { key: startAfter } : decodePlace(continuation);
  const walk = shelf.walk(bucket, prefix, compareUtf8(from.key, startAfter) < 0 ? startAfter : from.key);
  if (from.rolledUp) walk.skip(from.key);

  const keys: string[] = [];
  const commonPrefixes: string[] = [];
  let last: Place | undefined;
  let more = false;
  for (let key = limit === 0 ? undefined : await walk.next(); key !== undefined; key = await walk.next()) {
    signal?.throwIfAborted();
    if (keys.length + commonPrefixes.length === limit) {
      more = true;
      break;
    }
    const rolledUp = rolledUpOf(key, prefix, delimiter);
    if (rolledUp === undefined) {
      keys.push(key);
      last = { key };
    } else {
      last = { key: rolledUp, rolledUp: true };
      commonPrefixes.push(rolledUp);
      walk.skip(rolledUp);
    }
  }
  const found = await lookAll(shelf, bucket, keys);
  signal?.throwIfAborted();
  const objects = found.map(({ key, record: { size, etag, lastModified, headers } }) => {
    const { storageClass } = headers;
    return { key, size, etag, lastModified, ...(storageClass !== undefined && { storageClass }) };
  });
  return { objects, commonPrefixes, ...(more && { next: encodePlace(last!) }) };
}

const LOOKS_AT_ONCE = 8;

async function lookAll(shelf: Shelf, bucket: string, keys: readonly string[]) {
  const found: { key: string; record: ShelfRecord }[] = [];
  for (let i = 0; i < keys.length; i += LOOKS_AT_ONCE) {
    const group = keys.slice(i, i + LOOKS_AT_ONCE);
    const records = await Promise.all(
      group.map((key): Promise<ShelfRecord | undefined> => {
        const target: ObjectTarget = { bucket, key };
        return shelf.look(target);
      }),
    );
    // One that was deleted since the walk has no record.
    records.forEach((record, at) => {
      if (record !== undefined) found.push({ key: group[at]!, record });
    });
  }
  return found;
}

/** One page of a bucket's uploads, by key, and by id where a key has several. */
export function listUploads(
  uploads: readonly ListedMultipart[],
  options: ListMultipartsOptions,
  limits: StoreLimits,
): MultipartsPage {
  const { prefix = "", delimiter = "", startAfter = "", continuation } = options;
  const limit = pageSize(options.limit, limits);
  const after = continuation === undefined ? undefined : decodePlace(continuation);
  const page: ListedMultipart[] = [];
  const commonPrefixes: string[] = [];
  let last: Place | undefined;
  for (const upload of uploads.filter(({ key }) => key.startsWith(prefix)).sort(byKeyAndId)) {
    const { bucket, key, uploadId, initiated } = upload;
    const rolledUp = rolledUpOf(key, prefix, delimiter);
    // A page, or a key to go on from, may have ended in a common prefix: it is not to come again.
    if (compareUtf8(key, startAfter) <= 0 || (rolledUp !== undefined && rolledUp === startAfter)) continue;
    if (after !== undefined && !isBehind(upload, after)) continue;
    if (rolledUp !== undefined && rolledUp === commonPrefixes.at(-1)) continue;
    if (page.length + commonPrefixes.length === limit) {
      return { uploads: page, commonPrefixes, ...(last && { next: encodePlace(last) }) };
    }
    if (rolledUp === undefined) page.push({ bucket, key, uploadId, initiated });
    else commonPrefixes.push(rolledUp);
    last = rolledUp === undefined ? { key, id: uploadId } : { key: rolledUp, rolledUp: true };
  }
  return { uploads: page, commonPrefixes };
}

type Upload = Pick<ListedMultipart, "key" | "uploadId">;

const byKeyAndId = (a: Upload, b: Upload) => compareUtf8(a.key, b.key) || compareUtf8(a.uploadId, b.uploadId);

const isBehind = (upload: Upload, { key, rolledUp, id = "" }: Place) =>
  byKeyAndId(upload, { key, uploadId: id }) > 0 && !(rolledUp && upload.key.startsWith(key));

/** What a key is listed as if it has the delimiter behind the prefix. */
function rolledUpOf(key: string, prefix: string, delimiter: string): string | undefined {
  const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
  return cut < 0 ? undefined : key.slice(0, cut + delimiter.length);
}

/** Where a page ended: at a key, behind a common prefix, or at an upload. */
interface Place {
  readonly key: string;
  readonly rolledUp?: boolean;
  readonly id?: string;
}

// In hex: tokens travel in query strings and XML, where half the characters of a key mean something.
const encodePlace = (place: Place) =>
  Array.from(new TextEncoder().encode(JSON.stringify(place)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

function decodePlace(token: string): Place {
  try {
    const bytes = Uint8Array.from(token.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
    const place: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof (place as Place).key === "string") return place as Place;
  } catch {
    // Whatever is wrong with it, it is not one of ours.
  }
  throw refusal("InvalidArgument", `not a continuation of this store: ${token.slice(0, 80)}`);
}
