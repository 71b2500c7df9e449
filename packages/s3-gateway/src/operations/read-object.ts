import type { ByteRange, GetResult, ObjectInfo, ObjectStore } from "@sluice/object-store";
import type { Answer } from "../answer.js";
import { type Exchange, numberIn } from "../exchange.js";
import { objectAt } from "../place.js";
import { S3Error } from "../protocol/s3-error.js";
import { checkOverrides, infoHeaders, quoted } from "./object-headers.js";

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
  const late = conditionOnDate(exchange, got);
  if (late !== undefined) {
    await got.body.cancel(late).catch(() => {});
    throw late;
  }
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
  const late = conditionOnDate(exchange, info);
  if (late !== undefined) throw late;
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
      ifMatch: quoted(exchange.header("if-match")),
      ifNoneMatch: quoted(exchange.header("if-none-match")),
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
  return store.get(source, { ...options, ifMatch: etag, range });
}

/** What a Range header asks for. One that S3 does not understand counts as none, as HTTP has it. */
export function rangeOf(header: string | undefined): ByteRange | { readonly last: number } | undefined {
  const [, first, end] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (first === undefined || end === undefined || (first === "" && end === "")) return undefined;
  if (first === "") return { last: Number(end) };
  if (end === "") return { start: Number(first) };
  return Number(end) < Number(first) ? undefined : { start: Number(first), end: Number(end) };
}

// The port knows conditions on ETags only; they go before those on dates.
function conditionOnDate(exchange: Exchange, { lastModified }: ObjectInfo): S3Error | undefined {
  const modified = Math.floor(lastModified.getTime() / 1_000) * 1_000;
  const since = Date.parse(exchange.header("if-modified-since") ?? "");
  if (exchange.header("if-none-match") === undefined && modified <= since) {
    return new S3Error("NotModified", "Not Modified");
  }
  const until = Date.parse(exchange.header("if-unmodified-since") ?? "");
  if (exchange.header("if-match") === undefined && modified > until) {
    return new S3Error(
      "PreconditionFailed",
      "At least one of the pre-conditions you specified did not hold.",
    );
  }
  return undefined;
}
