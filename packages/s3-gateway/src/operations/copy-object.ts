import type { CopyPartOptions, ObjectSource } from "@sluice/object-store";
import { type Answer, xmlAnswer } from "../answer.js";
import { checksumAlgorithm } from "../body/integrity.js";
import type { Exchange } from "../exchange.js";
import { objectAt, type Place } from "../place.js";
import { S3Error } from "../protocol/s3-error.js";
import { decode } from "../protocol/target.js";
import { element } from "../protocol/xml.js";
import { sourceConditions, writeConditions } from "./conditions.js";
import { copyAcross, copyPartAcross } from "./copy-across.js";
import { checksumElements } from "./multipart.js";
import { keptHeaders, labels } from "./object-headers.js";
import { partAsked } from "./write-object.js";

export async function copyObject(exchange: Exchange): Promise<Answer> {
  const { bucket, key } = exchange.asked;
  const { from, source, to, named } = await bothEnds(exchange);
  const replaceHeaders = replaces(exchange, "x-amz-metadata-directive");
  const { tags, storageClass } = labels(exchange);
  const toItself = named.bucket === bucket && named.key === key && named.versionId === undefined;
  if (toItself && !replaceHeaders && storageClass === undefined) {
    throw new S3Error(
      "InvalidRequest",
      "This copy request is illegal: it copies an object to itself as it is.",
    );
  }
  const options = {
    ...(replaceHeaders ? keptHeaders(exchange) : {}),
    ...writeConditions(exchange),
    ...sourceConditions(exchange),
    replaceHeaders,
    storageClass,
    // Without the directive, S3 heeds no tags that stand beside it.
    tags: replaces(exchange, "x-amz-tagging-directive") ? (tags ?? {}) : undefined,
    checksumAlgorithm: checksumAlgorithm(exchange.header("x-amz-checksum-algorithm") ?? null),
    signal: exchange.signal,
  };
  const result =
    from.store === to.store
      ? await to.store.copy(source, objectAt(to, key), options)
      : await copyAcross(from, source, to, key, options);
  const fields = [element("LastModified", new Date()), element("ETag", result.etag)];
  return xmlAnswer("CopyObjectResult", [...fields, ...checksumElements(result.checksum)], {
    "x-amz-version-id": result.versionId,
    "x-amz-copy-source-version-id": named.versionId,
  });
}

export async function uploadPartCopy(exchange: Exchange): Promise<Answer> {
  const range = copyRange(exchange.header("x-amz-copy-source-range"));
  const { from, source, to } = await bothEnds(exchange);
  const asked = partAsked(exchange, to);
  const options = {
    range,
    ...sourceConditions(exchange),
    signal: exchange.signal,
  };
  const part =
    from.store === to.store
      ? await to.store.copyPart(asked.upload, asked.partNumber, source, options)
      : await copyPartAcross(from, source, to, asked, options);
  const fields = [element("LastModified", new Date()), element("ETag", part.etag)];
  const checksum = part.checksum && { ...part.checksum, type: undefined };
  return xmlAnswer("CopyPartResult", [...fields, ...checksumElements(checksum)]);
}

/** Where the copy comes from and goes to. Who copies an object reads it, so that is asked for, too. */
async function bothEnds(exchange: Exchange): Promise<{
  readonly from: Place;
  readonly source: ObjectSource;
  readonly to: Place;
  /** The source as the client knows it. */
  readonly named: ObjectSource;
}> {
  const named = copySource(exchange.header("x-amz-copy-source") ?? "");
  await exchange.demand("GetObject", named.bucket, named.key);
  const from = await exchange.place(named.bucket);
  const to = await exchange.place();
  return { from, source: { ...objectAt(from, named.key), versionId: named.versionId }, to, named };
}

function copySource(header: string) {
  const [path = "", ...version] = header.replace(/^\//, "").split("?versionId=");
  const plain = decode(path);
  const slash = plain.indexOf("/");
  if (slash < 1 || slash === plain.length - 1 || version.length > 1) {
    throw new S3Error("InvalidArgument", "x-amz-copy-source must be of the form /bucket/key.");
  }
  const versionId = version[0] === undefined ? undefined : decode(version[0]);
  return { bucket: plain.slice(0, slash), key: plain.slice(slash + 1), versionId };
}

// Unlike a Range, it has both ends or is refused: ignoring it would copy something else than was asked for.
function copyRange(header: string | undefined): CopyPartOptions["range"] {
  if (header === undefined) return undefined;
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header) ?? [];
  const range = { start: Number(first), end: Number(last) };
  if (range.start <= range.end) return range;
  throw new S3Error(
    "InvalidArgument",
    "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are offsets.",
  );
}

function replaces(exchange: Exchange, header: string): boolean {
  const directive = exchange.header(header) ?? "COPY";
  if (directive === "REPLACE" || directive === "COPY") return directive === "REPLACE";
  throw new S3Error("InvalidArgument", `${header} must be COPY or REPLACE.`);
}
