import { type HeadOptions, type ObjectStore, StoreError } from "@sluice/object-store";
import { copySourceOf } from "./address.js";
import type { Client } from "./client.js";
import { deleteMany, deleteOne } from "./deletions.js";
import { exchangeXml } from "./document.js";
import { exchange } from "./exchange.js";
import {
  checksumInXml,
  conditionHeaders,
  etagOf,
  extentIn,
  infoIn,
  infoOfPart,
  objectHeaders,
  resultIn,
  sourceConditionHeaders,
} from "./headers.js";
import { pageOf } from "./listing.js";
import { customerKeyHeaders, storageHeaders, taggingOf } from "./storage-headers.js";
import { textOf } from "./xml.js";

type Objects = Pick<ObjectStore, "put" | "get" | "head" | "delete" | "deleteMany" | "copy" | "list">;

/** The part of the port that deals with whole objects. */
export const objects = (client: Client): Objects => ({
  async put({ bucket, key }, body, options = {}) {
    const headers = {
      ...objectHeaders(options),
      ...conditionHeaders(options),
      ...storageHeaders(options),
      ...(await customerKeyHeaders(options)),
    };
    const { signal, expectedBucketOwner: owner } = options;
    const { answer } = await exchange(client, {
      method: "PUT",
      bucket,
      key,
      headers,
      body,
      onSent: options.onSent,
      integrity: options,
      signal,
      owner,
      notFound: "NoSuchBucket",
    });
    answer.discard();
    return resultIn(answer.headers);
  },

  async get({ bucket, key, versionId }, options = {}) {
    const { signal, range, partNumber, expectedBucketOwner: owner } = options;
    const { answer, failure } = await exchange(client, {
      method: "GET",
      bucket,
      key,
      query: { versionId, partNumber },
      headers: {
        range: range && `bytes=${range.start}-${range.end ?? ""}`,
        ...(await readHeaders(client, options)),
      },
      signal,
      owner,
    });
    try {
      if (answer.decoded) {
        const encoding = answer.headers.get("content-encoding");
        throw new StoreError(
          "NotImplemented",
          `fetch decodes Content-Encoding ${encoding}; nodeStore does not`,
          {
            status: answer.status,
          },
        );
      }
      const { start, end, size } = extentIn(answer.headers);
      return {
        ...(partNumber === undefined
          ? infoIn(answer.headers, size)
          : infoOfPart(answer.status, answer.headers)),
        range: { start, end },
        body: answer.open({ signal, failure }),
      };
    } catch (error) {
      answer.discard();
      throw error;
    }
  },

  async head({ bucket, key, versionId }, options = {}) {
    const { signal, partNumber, expectedBucketOwner: owner } = options;
    const query = { versionId, partNumber };
    const headers = await readHeaders(client, options);
    const { answer } = await exchange(client, { method: "HEAD", bucket, key, query, headers, signal, owner });
    answer.discard();
    return partNumber === undefined
      ? infoIn(answer.headers, extentIn(answer.headers).size)
      : infoOfPart(answer.status, answer.headers);
  },

  delete: (source, options = {}) => deleteOne(client, source, options),

  deleteMany: (bucket, keys, options = {}) => deleteMany(client, bucket, keys, options),

  async copy(source, target, options = {}) {
    const headers = {
      "x-amz-copy-source": copySourceOf(source),
      ...sourceConditionHeaders(options),
      ...conditionHeaders(options),
      "x-amz-storage-class": options.storageClass,
      "x-amz-checksum-algorithm": client.quirks.checksums
        ? options.checksumAlgorithm?.toUpperCase()
        : undefined,
      ...(options.tags && {
        "x-amz-tagging-directive": "REPLACE",
        "x-amz-tagging": taggingOf(options.tags),
      }),
      ...(options.replaceHeaders && { "x-amz-metadata-directive": "REPLACE", ...objectHeaders(options) }),
    };
    const { bucket, key } = target;
    const { signal, expectedBucketOwner: owner } = options;
    const ask = { method: "PUT", bucket, key, headers, signal, owner } as const;
    const { root, headers: said } = await exchangeXml(client, ask, "CopyObjectResult");
    return { ...resultIn(said), etag: etagOf(textOf(root, "ETag")), checksum: checksumInXml(root) };
  },

  list: (bucket, options) => pageOf(client, bucket, options),
});

const readHeaders = async ({ quirks }: Client, options: HeadOptions) => ({
  ...conditionHeaders(options),
  ...(await customerKeyHeaders(options)),
  "x-amz-checksum-mode": quirks.checksums ? "ENABLED" : undefined,
});
