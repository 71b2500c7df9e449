import type { ComputedChecksumOptions, IntegrityOptions, PutResult, StoreBody } from "@sluice/object-store";
import type { Answer } from "../answer.js";
import { checksumHeaders, integrityIn } from "../body/integrity.js";
import { type Exchange, numberIn } from "../exchange.js";
import { objectAt, type Place } from "../place.js";
import { S3Error } from "../protocol/s3-error.js";
import { writeConditions } from "./conditions.js";
import { keptHeaders, labels } from "./object-headers.js";

export async function putObject(exchange: Exchange): Promise<Answer> {
  const place = await exchange.place();
  const target = objectAt(place, exchange.asked.key);
  const options = {
    ...keptHeaders(exchange),
    ...labels(exchange),
    ...writeConditions(exchange),
    signal: exchange.signal,
  };
  return passOn(exchange, place.store.limits.maxPutSize, (body, integrity) =>
    place.store.put(target, body, { ...options, ...integrity }),
  );
}

export async function uploadPart(exchange: Exchange): Promise<Answer> {
  const place = await exchange.place();
  const { upload, partNumber } = partAsked(exchange, place);
  const { signal } = exchange;
  return passOn(exchange, place.store.limits.maxPartSize, (body, integrity) =>
    place.store.putPart(upload, partNumber, body, { ...integrity, signal }),
  );
}

/** The part that a request is about. */
export function partAsked({ asked: { query, key } }: Exchange, place: Place) {
  const upload = { ...objectAt(place, key), uploadId: query.get("uploadId") ?? "" };
  const partNumber = numberIn(query, "partNumber", 1, place.store.limits.maxParts);
  if (partNumber === undefined) throw new S3Error("InvalidArgument", "partNumber must be an integer.");
  return { upload, partNumber };
}

type Integrity = IntegrityOptions & ComputedChecksumOptions;

/** Streams the body of the request into the store, and answers with what the store has made of it. */
async function passOn(
  exchange: Exchange,
  limit: number,
  write: (
    body: StoreBody,
    integrity: Integrity,
  ) => Promise<Pick<PutResult, "etag" | "versionId" | "checksum">>,
): Promise<Answer> {
  const { body, length, trailer } = exchange.incoming(limit);
  const integrity = integrityIn(exchange.headers, trailer);
  try {
    // Of an empty body there are no last bytes to hold back: it is verified before the store hears of it.
    const bytes = length > 0 ? { stream: body.stream, length } : await drained(body.stream);
    const result = await write(bytes, { ...integrity, trailer: body.trailer });
    if (!body.verified) {
      throw new S3Error("InternalError", "the store answered before it had read the body");
    }
    return {
      status: 200,
      headers: {
        ...checksumHeaders(result.checksum ?? body.checksum ?? integrity.checksum),
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
