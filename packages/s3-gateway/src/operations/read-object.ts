import type { ByteRange, GetResult, ObjectStore } from "@sluice/object-store";
import type { Answer } from "../answer.js";
import { type Exchange, numberIn } from "../exchange.js";
import { objectAt } from "../place.js";
import { S3Error } from "../protocol/s3-error.js";
import { readConditions } from "./conditions.js";
import { checkOverrides, infoHeaders } from "./object-headers.js";

export async function getObject(exchange: Exchange): Promise<Answer> {
  const { store, source, options } = await reading(exchange);
  const asked = rangeOf(exchange.header("range"));
  if (asked !== undefined && options.partNumber !== undefined) {
    throw new S3Error("InvalidRequest", "Cannot specify both Range header and partNumber query parameter.");
  }
  const suffix = asked !== undefined && "last" in asked;
  const got = suffix
    ? await getSuffix(store, source, options, asked.last)
    : await store.get(source, { ...options, range: asked });
  const { start, end } = got.range;
  const length = end - start + 1;
  // Of an empty object there is no range to name.
  const partial = got.size > 0 && (asked !== undefined || options.partNumber !== undefined);
  return {
    status: partial ? 206 : 200,
    headers: {
      ...infoHeaders(got, exchange, partial ? got.part?.checksum : got.checksum),
      "content-length": String(length),
      "content-range": partial ? `bytes ${start}-${end}/${got.size}` : undefined,
    },
    body: { stream: got.body, length },
  };
}

export async function headObject(exchange: Exchange): Promise<Answer> {
  const { store, source, options } = await reading(exchange);
  const info = await store.head(source, options);
  const { size } = info;
  const part = size > 0 ? info.part : undefined;
  const headers = infoHeaders(info, exchange, part === undefined ? info.checksum : part.checksum);
  if (part === undefined) return { status: 200, headers: { ...headers, "content-length": String(size) } };
  const { start, end } = part.range;
  const about = {
    "content-length": String(end - start + 1),
    "content-range": `bytes ${start}-${end}/${size}`,
  };
  return { status: 206, headers: { ...headers, ...about } };
}

async function reading(exchange: Exchange) {
  const { query, key } = exchange.asked;
  checkOverrides(query);
  const place = await exchange.place();
  return {
    store: place.store,
    source: { ...objectAt(place, key), versionId: query.get("versionId") },
    options: {
      signal: exchange.signal,
      ...readConditions(exchange),
      partNumber: numberIn(query, "partNumber", 1, place.store.limits.maxParts),
    },
  };
}

type Source = Parameters<ObjectStore["get"]>[0];
type Options = Awaited<ReturnType<typeof reading>>["options"];

// Where the last n bytes begin depends on the size, and that must be the size of what is then read.
async function getSuffix(
  store: ObjectStore,
  source: Source,
  options: Options,
  last: number,
): Promise<GetResult> {
  const { size, etag } = await store.head(source, options);
  if (last === 0 || size === 0) {
    throw new S3Error("InvalidRange", "The requested range is not satisfiable.");
  }
  const range = { start: Math.max(0, size - last) };
  // The conditions held a moment ago, of this very object.
  const { signal } = options;
  return store.get(source, { signal, ifMatch: etag, range });
}

/** What a Range header asks for. One that S3 does not understand counts as none, as HTTP has it. */
export function rangeOf(header: string | undefined): ByteRange | { readonly last: number } | undefined {
  const [, first, end] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (first === undefined || end === undefined || (first === "" && end === "")) return undefined;
  if (first === "") return { last: Number(end) };
  if (end === "") return { start: Number(first) };
  return Number(end) < Number(first) ? undefined : { start: Number(first), end: Number(end) };
}
