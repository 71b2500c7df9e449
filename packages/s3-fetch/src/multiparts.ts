import {
  type ChecksumAlgorithm,
  type MultipartTarget,
  type ObjectStore,
  StoreError,
} from "@sluice/object-store";
import { copySourceOf } from "./address.js";
import type { Client } from "./client.js";
import { exchangeXml } from "./document.js";
import { exchange } from "./exchange.js";
import {
  checksumInXml,
  checksumTypeHeader,
  conditionHeaders,
  encryptionIn,
  etagOf,
  integrityHeaders,
  objectHeaders,
  resultIn,
  sourceConditionHeaders,
} from "./headers.js";
import { encodingFor, keyDecoder, nextOf } from "./listing.js";
import { customerKeyHeaders, storageHeaders } from "./storage-headers.js";
import { element, elements, escapeXml, textOf } from "./xml.js";

type Multiparts = Pick<
  ObjectStore,
  | "createMultipart"
  | "putPart"
  | "copyPart"
  | "listParts"
  | "completeMultipart"
  | "abortMultipart"
  | "listMultiparts"
>;

/** The part of the port that deals with objects made of parts. */
export const multiparts = (client: Client): Multiparts => ({
  async createMultipart({ bucket, key }, options = {}) {
    const { signal, checksumAlgorithm, checksumType, expectedBucketOwner: owner } = options;
    const headers = {
      ...objectHeaders(options),
      ...storageHeaders(options),
      ...(await customerKeyHeaders(options)),
      ...(client.quirks.checksums && {
        "x-amz-checksum-algorithm": checksumAlgorithm?.toUpperCase(),
        ...checksumTypeHeader(checksumType),
      }),
    };
    const ask = {
      method: "POST",
      bucket,
      key,
      query: { uploads: "" },
      headers,
      signal,
      owner,
      notFound: "NoSuchBucket",
    } as const;
    const { root } = await exchangeXml(client, ask, "InitiateMultipartUploadResult");
    const uploadId = textOf(root, "UploadId");
    if (!uploadId)
      throw new StoreError("InternalError", "the store began an upload without an id", { status: 200 });
    return { bucket, key, uploadId };
  },

  async putPart(upload, partNumber, body, options = {}) {
    const { answer } = await exchange(client, {
      method: "PUT",
      ...at(upload, { partNumber }),
      headers: await customerKeyHeaders(options),
      body,
      onSent: options.onSent,
      integrity: options,
      signal: options.signal,
      owner: options.expectedBucketOwner,
    });
    answer.discard();
    const { etag, checksum, encryption } = resultIn(answer.headers);
    return { partNumber, etag, checksum, encryption };
  },

  async copyPart(upload, partNumber, source, options = {}) {
    const { signal, range, sourceCustomerKey, expectedBucketOwner: owner } = options;
    const headers = {
      ...(await customerKeyHeaders(options)),
      ...(await customerKeyHeaders({ customerKey: sourceCustomerKey }, "copy-source-")),
      "x-amz-copy-source": copySourceOf(source),
      "x-amz-copy-source-range": range && `bytes=${range.start}-${range.end}`,
      ...sourceConditionHeaders(options),
    };
    // What is not found may be the source as well.
    const ask = {
      method: "PUT",
      ...at(upload, { partNumber }),
      headers,
      signal,
      owner,
      notFound: "NoSuchKey",
    } as const;
    const { root, headers: said } = await exchangeXml(client, ask, "CopyPartResult");
    const etag = etagOf(textOf(root, "ETag"));
    return { partNumber, etag, checksum: checksumInXml(root), encryption: encryptionIn(said) };
  },

  async listParts(upload, options = {}) {
    const { signal, after, limit, expectedBucketOwner: owner } = options;
    const headers = await customerKeyHeaders(options);
    const query = { "part-number-marker": after, "max-parts": limit };
    const { root } = await exchangeXml(
      client,
      { method: "GET", ...at(upload, query), headers, signal, owner },
      "ListPartsResult",
    );
    const next = nextOf(root, "NextPartNumberMarker");
    const algorithm = textOf(root, "ChecksumAlgorithm")?.toLowerCase();
    const type = textOf(root, "ChecksumType");
    return {
      checksumAlgorithm: (algorithm || undefined) as ChecksumAlgorithm | undefined,
      checksumType: type ? (type === "COMPOSITE" ? "composite" : "full-object") : undefined,
      parts: elements(root, "Part").map((part) => ({
        partNumber: Number(textOf(part, "PartNumber") ?? 0),
        etag: etagOf(textOf(part, "ETag")),
        size: Number(textOf(part, "Size") ?? 0),
        lastModified: new Date(textOf(part, "LastModified") ?? 0),
        checksum: checksumInXml(part),
      })),
      next: next === undefined ? undefined : Number(next),
    };
  },

  async completeMultipart(upload, parts, options = {}) {
    // Ceph would take them in any order, and put them in that of their numbers.
    if (parts.some(({ partNumber }, i) => i > 0 && partNumber <= parts[i - 1]!.partNumber)) {
      throw new StoreError("InvalidPartOrder", "the parts to complete with are not in ascending order");
    }
    const { checksums, objectSize } = client.quirks;
    const listed = parts.map(({ partNumber, etag, checksum }) => {
      const sum = checksums && checksum;
      const digest = sum ? element(`Checksum${sum.algorithm.toUpperCase()}`, escapeXml(sum.value)) : "";
      return element("Part", element("PartNumber", partNumber) + element("ETag", escapeXml(etag)) + digest);
    });
    const body = element("CompleteMultipartUpload", listed.join(""));
    const whole = { checksum: options.checksum };
    const ask = {
      method: "POST",
      ...at(upload),
      headers: {
        ...conditionHeaders(options),
        ...(await customerKeyHeaders(options)),
        ...(checksums && {
          ...integrityHeaders(whole),
          ...checksumTypeHeader(options.checksumType ?? options.checksum?.type),
        }),
        "content-type": "application/xml",
        "x-amz-mp-object-size": objectSize ? options.size : undefined,
      },
      body: new TextEncoder().encode(body),
      signal: options.signal,
      owner: options.expectedBucketOwner,
    } as const;
    // Ceph's answer has an empty ETag.
    const { root, headers } = await exchangeXml(client, ask, "CompleteMultipartUploadResult");
    return { ...resultIn(headers), etag: etagOf(textOf(root, "ETag")), checksum: checksumInXml(root) };
  },

  async abortMultipart(upload, { signal, expectedBucketOwner: owner } = {}) {
    const { answer } = await exchange(client, { method: "DELETE", ...at(upload), signal, owner });
    answer.discard();
  },

  async listMultiparts(bucket, options = {}) {
    const {
      signal,
      prefix,
      delimiter,
      startAfter,
      continuation,
      limit,
      expectedBucketOwner: owner,
    } = options;
    const [keyMarker = startAfter, uploadIdMarker] =
      (continuation && (JSON.parse(continuation) as string[])) || [];
    const askedFor = encodingFor(client);
    const page = async (encoding: string | undefined) => {
      const markers = { "key-marker": keyMarker, "upload-id-marker": uploadIdMarker, "max-uploads": limit };
      const query = { uploads: "", prefix, delimiter, ...markers, "encoding-type": encoding };
      const ask = { method: "GET", bucket, query, signal, owner, notFound: "NoSuchBucket" } as const;
      return (await exchangeXml(client, ask, "ListMultipartUploadsResult")).root;
    };
    let root = await page(askedFor);
    // Ceph encodes the keys, and does not say that it has.
    const unsaid = askedFor !== undefined && !textOf(root, "EncodingType");
    if (unsaid && elements(root, "Upload").some((upload) => textOf(upload, "Key")?.includes("%")))
      root = await page(undefined);
    const decoded = keyDecoder(textOf(root, "EncodingType"));
    const next = nextOf(root, "NextKeyMarker");
    return {
      uploads: elements(root, "Upload").map((upload) => ({
        bucket,
        key: decoded(textOf(upload, "Key")),
        uploadId: textOf(upload, "UploadId") ?? "",
        initiated: new Date(textOf(upload, "Initiated") ?? 0),
      })),
      commonPrefixes: elements(root, "CommonPrefixes").map((entry) => decoded(textOf(entry, "Prefix"))),
      next: next && JSON.stringify([decoded(next), textOf(root, "NextUploadIdMarker")]),
    };
  },
});

const at = (
  { bucket, key, uploadId }: MultipartTarget,
  query: Readonly<Record<string, number | undefined>> = {},
) => ({ bucket, key, query: { uploadId, ...query }, notFound: "NoSuchUpload" }) as const;
