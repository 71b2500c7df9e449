import type { PutResult, StoreBody } from "@sluice/object-store";
import { type Answer, xmlAnswer } from "../answer.js";
import { checksumHeaders, checksumOf } from "../body/integrity.js";
import { type Exchange, numberIn } from "../exchange.js";
import { objectAt } from "../place.js";
import { S3Error } from "../protocol/s3-error.js";
import { decode } from "../protocol/target.js";
import { element } from "../protocol/xml.js";
import { keptHeaders, quoted, writeConditions } from "./object-headers.js";

export async function putObject(exchange: Exchange): Promise<Answer> {
  const place = await exchange.place();
  const target = objectAt(place, exchange.asked.key);
  const options = {
    ...keptHeaders(exchange),
    ...writeConditions(exchange),
    ...integrity(exchange),
    signal: exchange.signal,
  };
  return passOn(exchange, place.store.limits.maxPutSize, (body) => place.store.put(target, body, options));
}

export async function uploadPart(exchange: Exchange): Promise<Answer> {
  const place = await exchange.place();
  const { query, key } = exchange.asked;
  const upload = { ...objectAt(place, key), uploadId: query.get("uploadId") ?? "" };
  const partNumber = numberIn(query, "partNumber", 1, place.store.limits.maxParts);
  if (partNumber === undefined) throw new S3Error("InvalidArgument", "partNumber must be an integer.");
  const options = { ...integrity(exchange), signal: exchange.signal };
  return passOn(exchange, place.store.limits.maxPartSize, (body) =>
    place.store.putPart(upload, partNumber, body, options),
  );
}

const integrity = ({ headers }: Exchange) => ({
  contentMd5: headers.get("content-md5") ?? undefined,
  checksum: checksumOf(headers),
});

/** Streams the body of the request into the store, and answers with what the store has made of it. */
async function passOn(
  exchange: Exchange,
  limit: number,
  write: (body: StoreBody) => Promise<Pick<PutResult, "etag" | "versionId" | "checksum">>,
): Promise<Answer> {
  const { body, length } = exchange.incoming(limit);
  try {
    // Of an empty body there are no last bytes to hold back: it is verified before the store hears of it.
    const result = await write(length > 0 ? { stream: body.stream, length } : await drained(body.stream));
    if (!body.verified) {
      throw new S3Error("InternalError", "the store answered before it had read the body");
    }
    return {
      status: 200,
      headers: {
        ...checksumHeaders(result.checksum ?? body.checksum ?? checksumOf(exchange.headers)),
        etag: result.etag,
        "x-amz-version-id": result.versionId,
        "content-length": "0",
      },
      received: body.received,
    };
  } catch (cause) {
    await body.abandon(cause);
    throw body.failure ?? cause;
  }
}

async function drained(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const { done } = await stream.getReader().read();
  if (!done) throw new S3Error("InternalError", "an empty body had bytes");
  return new Uint8Array(0);
}

export async function copyObject(exchange: Exchange): Promise<Answer> {
  const { bucket, key } = exchange.asked;
  const source = copySource(exchange.header("x-amz-copy-source") ?? "");
  await exchange.demand("GetObject", source.bucket, source.key);
  const from = await exchange.place(source.bucket);
  const to = await exchange.place();
  if (from.store !== to.store) {
    throw new S3Error("NotImplemented", "The source and the target of the copy are in different stores.");
  }
  const replaceHeaders = replaces(exchange.header("x-amz-metadata-directive"));
  if (source.bucket === bucket && source.key === key && !replaceHeaders && source.versionId === undefined) {
    throw new S3Error(
      "InvalidRequest",
      "This copy request is illegal: it copies an object to itself as it is.",
    );
  }
  const result = await to.store.copy(
    { ...objectAt(from, source.key), versionId: source.versionId },
    objectAt(to, key),
    {
      ...(replaceHeaders ? keptHeaders(exchange) : {}),
      ...writeConditions(exchange),
      replaceHeaders,
      sourceIfMatch: quoted(exchange.header("x-amz-copy-source-if-match")),
      signal: exchange.signal,
    },
  );
  const fields = [element("LastModified", new Date()), element("ETag", result.etag)];
  return xmlAnswer("CopyObjectResult", fields, { "x-amz-version-id": result.versionId });
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

function replaces(directive = "COPY"): boolean {
  if (directive === "REPLACE" || directive === "COPY") return directive === "REPLACE";
  throw new S3Error("InvalidArgument", "x-amz-metadata-directive must be COPY or REPLACE.");
}
