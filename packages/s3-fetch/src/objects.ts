import { digestOf, type ObjectStore, StoreError } from "@sluice/object-store";
import { encodePath, encodeStrictly } from "./address.js";
import type { Client } from "./client.js";
import { exchangeXml } from "./document.js";
import { exchange } from "./exchange.js";
import {
  checksumInXml,
  conditionHeaders,
  etagOf,
  extentIn,
  infoIn,
  objectHeaders,
  resultIn,
} from "./headers.js";
import { toBase64 } from "./integrity.js";
import { pageOf } from "./listing.js";
import { element, elements, escapeXml, textOf } from "./xml.js";

type Objects = Pick<ObjectStore, "put" | "get" | "head" | "delete" | "deleteMany" | "copy" | "list">;

/** The part of the port that deals with whole objects. */
export const objects = (client: Client): Objects => ({
  async put({ bucket, key }, body, options = {}) {
    const headers = { ...objectHeaders(options), ...conditionHeaders(options) };
    const { signal } = options;
    const { answer } = await exchange(client, {
      method: "PUT",
      bucket,
      key,
      headers,
      body,
      integrity: options,
      signal,
      notFound: "NoSuchBucket",
    });
    answer.discard();
    return resultIn(answer.headers);
  },

  async get({ bucket, key, versionId }, options = {}) {
    const { signal, range, partNumber } = options;
    const { answer, failure } = await exchange(client, {
      method: "GET",
      bucket,
      key,
      query: { versionId, partNumber },
      headers: { range: range && `bytes=${range.start}-${range.end ?? ""}`, ...readHeaders(client, options) },
      signal,
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
        ...infoIn(answer.headers, size),
        range: { start, end },
        body: answer.open({ signal, failure }),
      };
    } catch (error) {
      answer.discard();
      throw error;
    }
  },

  async head({ bucket, key, versionId }, options = {}) {
    const { signal, partNumber } = options;
    const query = { versionId, partNumber };
    const headers = readHeaders(client, options);
    const { answer } = await exchange(client, { method: "HEAD", bucket, key, query, headers, signal });
    answer.discard();
    return infoIn(answer.headers, extentIn(answer.headers).size);
  },

  async delete({ bucket, key, versionId }, { signal } = {}) {
    const deletion = exchange(client, { method: "DELETE", bucket, key, query: { versionId }, signal });
    // S3 says nothing when there is no such key; some stores do.
    await deletion.then(
      ({ answer }) => answer.discard(),
      (error: unknown) => {
        if (!(error instanceof StoreError && error.code === "NoSuchKey")) throw error;
      },
    );
  },

  async deleteMany(bucket, keys, { signal } = {}) {
    if (keys.length === 0) return { deleted: [], failed: [] };
    const listed = keys.map((key) => element("Object", element("Key", escapeXml(key)))).join("");
    // Quietly: told of failures alone, the answer has no key that XML cannot carry.
    const body = new TextEncoder().encode(element("Delete", `<Quiet>true</Quiet>${listed}`));
    // The one request that S3 wants a digest of; some stores know no other than this.
    const headers = {
      "content-md5": toBase64(await digestOf("md5", body)),
      "content-type": "application/xml",
    };
    const ask = {
      method: "POST",
      bucket,
      query: { delete: "" },
      headers,
      body,
      signal,
      notFound: "NoSuchBucket",
    } as const;
    const { root } = await exchangeXml(client, ask, "DeleteResult");
    const failed = elements(root, "Error").map((error) => ({
      key: textOf(error, "Key") ?? "",
      code: textOf(error, "Code") ?? "",
      message: textOf(error, "Message") ?? "",
    }));
    const kept = new Set(failed.map(({ key }) => key));
    return { deleted: keys.filter((key) => !kept.has(key)), failed };
  },

  async copy(source, target, options = {}) {
    const version = source.versionId === undefined ? "" : `?versionId=${encodeStrictly(source.versionId)}`;
    const headers = {
      "x-amz-copy-source": `${encodeStrictly(source.bucket)}/${encodePath(source.key)}${version}`,
      "x-amz-copy-source-if-match": options.sourceIfMatch,
      ...conditionHeaders(options),
      ...(options.replaceHeaders && { "x-amz-metadata-directive": "REPLACE", ...objectHeaders(options) }),
    };
    const { bucket, key } = target;
    const ask = { method: "PUT", bucket, key, headers, signal: options.signal } as const;
    const { root, headers: said } = await exchangeXml(client, ask, "CopyObjectResult");
    return { ...resultIn(said), etag: etagOf(textOf(root, "ETag")), checksum: checksumInXml(root) };
  },

  list: (bucket, options) => pageOf(client, bucket, options),
});

const readHeaders = ({ quirks }: Client, conditions: Parameters<typeof conditionHeaders>[0]) => ({
  ...conditionHeaders(conditions),
  "x-amz-checksum-mode": quirks.checksums ? "ENABLED" : undefined,
});
