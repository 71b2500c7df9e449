import type { Checksum, PartInfo } from "@sluice/object-store";
import { type Answer, xmlAnswer } from "../answer.js";
import { CHECKSUM_ALGORITHMS, checksumAlgorithm, checksumOf, checksumType } from "../body/integrity.js";
import type { Exchange } from "../exchange.js";
import { objectAt } from "../place.js";
import { S3Error } from "../protocol/s3-error.js";
import { element, elementsOf, fieldsOf, malformed, parseDocument } from "../protocol/xml.js";
import { complete } from "./complete.js";
import { quoted, writeConditions } from "./conditions.js";
import { keptHeaders, labels } from "./object-headers.js";

export async function createMultipartUpload(exchange: Exchange): Promise<Answer> {
  const place = await exchange.place();
  const { bucket, key } = exchange.asked;
  const algorithm = checksumAlgorithm(exchange.header("x-amz-checksum-algorithm") ?? null);
  const type = checksumType(exchange.header("x-amz-checksum-type"));
  const { uploadId } = await place.store.createMultipart(objectAt(place, key), {
    ...keptHeaders(exchange),
    ...labels(exchange),
    checksumAlgorithm: algorithm,
    checksumType: type,
    signal: exchange.signal,
  });
  return xmlAnswer(
    "InitiateMultipartUploadResult",
    [element("Bucket", bucket), element("Key", key), element("UploadId", uploadId)],
    {
      "x-amz-checksum-algorithm": algorithm?.toUpperCase(),
      "x-amz-checksum-type":
        algorithm && typeName(type ?? (algorithm === "crc64nvme" ? "full-object" : "composite")),
    },
  );
}

export async function completeMultipartUpload(exchange: Exchange): Promise<Answer> {
  const place = await exchange.place();
  const { bucket, key, query } = exchange.asked;
  const upload = { ...objectAt(place, key), uploadId: query.get("uploadId") ?? "" };
  const parts = namedParts(exchange.control, place.store.limits.maxParts);
  const checksum = checksumOf(exchange.headers);
  const type = checksumType(exchange.header("x-amz-checksum-type"));
  const result = await complete(place.store, upload, parts, {
    ...writeConditions(exchange),
    size: declaredSize(exchange.header("x-amz-mp-object-size")),
    checksum: checksum && { ...checksum, type },
    checksumType: type,
    signal: exchange.signal,
  });
  const { pathname, origin } = exchange.url;
  return xmlAnswer(
    "CompleteMultipartUploadResult",
    [
      element("Location", origin + pathname),
      element("Bucket", bucket),
      element("Key", key),
      element("ETag", result.etag),
      ...checksumElements(result.checksum),
    ],
    { "x-amz-version-id": result.versionId },
  );
}

export async function abortMultipartUpload(exchange: Exchange): Promise<Answer> {
  const place = await exchange.place();
  const { key, query } = exchange.asked;
  const upload = { ...objectAt(place, key), uploadId: query.get("uploadId") ?? "" };
  await place.store.abortMultipart(upload, { signal: exchange.signal });
  return { status: 204, headers: {} };
}

const NAMES = { crc32: "CRC32", crc32c: "CRC32C", crc64nvme: "CRC64NVME", sha1: "SHA1", sha256: "SHA256" };

/** A checksum as the elements that XML answers have for it. */
export function checksumElements(checksum: Checksum | undefined) {
  if (checksum === undefined) return [];
  return [
    element(`Checksum${NAMES[checksum.algorithm]}`, checksum.value),
    element("ChecksumType", typeName(checksum.type)),
  ];
}

export const typeName = (type: Checksum["type"]): string | undefined => type?.toUpperCase().replace("-", "_");

function namedParts(control: Uint8Array, most: number): readonly PartInfo[] {
  const known = ["PartNumber", "ETag", ...CHECKSUM_ALGORITHMS.map((name) => `Checksum${NAMES[name]}`)];
  const parts: PartInfo[] = [];
  for (const child of elementsOf(parseDocument(control, "CompleteMultipartUpload"))) {
    if (child.name !== "Part") throw malformed(`it cannot have a ${child.name.slice(0, 60)}`);
    const fields = fieldsOf(child, known);
    const partNumber = /^\s*\d{1,5}\s*$/.test(fields.PartNumber ?? "")
      ? Number(fields.PartNumber)
      : Number.NaN;
    if (!(partNumber >= 1 && partNumber <= most) || !fields.ETag?.trim()) {
      throw malformed(`a Part needs an ETag and a PartNumber from 1 to ${most}`);
    }
    const algorithm = CHECKSUM_ALGORITHMS.find((name) => fields[`Checksum${NAMES[name]}`] !== undefined);
    parts.push({
      partNumber,
      etag: quoted(fields.ETag.trim()),
      checksum: algorithm && { algorithm, value: fields[`Checksum${NAMES[algorithm]}`]!.trim() },
    });
  }
  if (parts.length === 0 || parts.length > most) throw malformed(`it must name from 1 to ${most} parts`);
  return parts;
}

function declaredSize(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (!/^\d{1,15}$/.test(header))
    throw new S3Error("InvalidArgument", "x-amz-mp-object-size must be a number of bytes.");
  return Number(header);
}
