import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  type StorageClass,
} from "@aws-sdk/client-s3";
import { type ObjectStore, StoreError } from "@sluice/object-store";
import { exchange } from "./exchange.js";
import {
  checksumOf,
  copySourceOf,
  decodedKey,
  etagOf,
  extentOf,
  infoOf,
  infoOfPart,
  sdkAlgorithm,
  sdkConditions,
  sdkHeaders,
  sdkIntegrity,
  sdkSourceConditions,
} from "./fields.js";
import { discard, incoming } from "./response-body.js";
import { encryptionOf, sdkCustomerKey, sdkOwner, sdkStorage, sdkTagging } from "./storage-fields.js";

type Objects = Pick<ObjectStore, "put" | "get" | "head" | "delete" | "deleteMany" | "copy" | "list">;

/** The part of the port that deals with whole objects. */
export const objects = (client: S3Client, trailers: boolean): Objects => ({
  async put({ bucket, key }, body, options = {}) {
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      IfMatch: options.ifMatch,
      IfNoneMatch: options.ifNoneMatch,
      ...sdkHeaders(options),
      ...sdkIntegrity(options),
      ...sdkStorage(options),
      ...sdkCustomerKey(options),
      ...sdkOwner(options),
    });
    const { output } = await exchange(client, command, {
      signal: options.signal,
      onSent: options.onSent,
      body,
      trailer: trailers ? options.trailer : undefined,
      notFound: "NoSuchBucket",
    });
    return {
      etag: etagOf(output.ETag),
      versionId: output.VersionId,
      checksum: checksumOf(output),
      encryption: encryptionOf(output),
    };
  },

  async get({ bucket, key, versionId }, options = {}) {
    const { signal, range, partNumber } = options;
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: key,
      VersionId: versionId,
      Range: range && `bytes=${range.start}-${range.end ?? ""}`,
      PartNumber: partNumber,
      ...sdkConditions(options),
      ChecksumMode: "ENABLED",
      ...sdkCustomerKey(options),
      ...sdkOwner(options),
    });
    const { output, body = output.Body, failure } = await exchange(client, command, { signal });
    try {
      const extent = extentOf(output);
      const { start, end, size } = extent;
      const info = partNumber === undefined ? infoOf(output, size) : infoOfPart(output, extent);
      return { ...info, range: { start, end }, body: incoming(body, { signal, failure }) };
    } catch (error) {
      discard(body);
      throw error;
    }
  },

  async head({ bucket, key, versionId }, options = {}) {
    const { signal, partNumber } = options;
    const command = new HeadObjectCommand({
      Bucket: bucket,
      Key: key,
      VersionId: versionId,
      PartNumber: partNumber,
      ...sdkConditions(options),
      ChecksumMode: "ENABLED",
      ...sdkCustomerKey(options),
      ...sdkOwner(options),
    });
    const { output } = await exchange(client, command, { signal });
    const extent = extentOf(output);
    return partNumber === undefined ? infoOf(output, extent.size) : infoOfPart(output, extent);
  },

  async delete({ bucket, key, versionId }, options = {}) {
    const command = new DeleteObjectCommand({
      Bucket: bucket,
      Key: key,
      VersionId: versionId,
      IfMatch: options.ifMatch,
      ...sdkOwner(options),
    });
    // S3 says nothing when there is no such key; some stores do.
    await exchange(client, command, { signal: options.signal }).catch((error: unknown) => {
      const isGone = error instanceof StoreError && error.code === "NoSuchKey";
      if (options.ifMatch !== undefined || !isGone) throw error;
    });
  },

  async deleteMany(bucket, keys, options = {}) {
    if (keys.length === 0) return { deleted: [], failed: [] };
    const command = new DeleteObjectsCommand({
      Bucket: bucket,
      Delete: { Objects: keys.map((key) => ({ Key: key })) },
      ...sdkOwner(options),
    });
    const { output } = await exchange(client, command, { signal: options.signal, notFound: "NoSuchBucket" });
    return {
      deleted: (output.Deleted ?? []).map(({ Key = "" }) => Key),
      failed: (output.Errors ?? []).map(({ Key: key = "", Code: code = "", Message: message = "" }) => ({
        key,
        code,
        message,
      })),
    };
  },

  async copy(source, target, options = {}) {
    const command = new CopyObjectCommand({
      Bucket: target.bucket,
      Key: target.key,
      CopySource: copySourceOf(source),
      ...sdkSourceConditions(options),
      ChecksumAlgorithm: options.checksumAlgorithm && sdkAlgorithm(options.checksumAlgorithm),
      StorageClass: options.storageClass as StorageClass | undefined,
      ...(options.tags && { TaggingDirective: "REPLACE" as const, Tagging: sdkTagging(options.tags) }),
      IfMatch: options.ifMatch,
      IfNoneMatch: options.ifNoneMatch,
      ...(options.replaceHeaders && { MetadataDirective: "REPLACE" as const, ...sdkHeaders(options) }),
      ...sdkOwner(options),
    });
    const { output } = await exchange(client, command, { signal: options.signal });
    const result = output.CopyObjectResult;
    if (!result?.ETag) throw notPublished("copy");
    return { etag: etagOf(result.ETag), versionId: output.VersionId, checksum: checksumOf(result) };
  },

  async list(bucket, options = {}) {
    const { signal, prefix, delimiter, startAfter, continuation, limit } = options;
    const command = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      Delimiter: delimiter,
      StartAfter: startAfter,
      ContinuationToken: continuation,
      MaxKeys: limit,
      // XML has no way to write every key that S3 allows.
      EncodingType: "url",
      ...sdkOwner(options),
    });
    const { output } = await exchange(client, command, { signal, notFound: "NoSuchBucket" });
    return {
      objects: (output.Contents ?? []).map(({ Key, Size, ETag, LastModified }) => ({
        key: decodedKey(Key, output.EncodingType),
        size: Size ?? 0,
        etag: etagOf(ETag),
        lastModified: LastModified ?? new Date(0),
      })),
      commonPrefixes: (output.CommonPrefixes ?? []).map(({ Prefix }) =>
        decodedKey(Prefix, output.EncodingType),
      ),
      next: output.IsTruncated ? output.NextContinuationToken : undefined,
    };
  },
});

/** S3 can answer 200 and then fail: an answer without what it must say has published nothing for certain. */
export const notPublished = (what: string): StoreError =>
  new StoreError("InternalError", `the store answered the ${what} with 200, but without a result`, {
    status: 200,
  });
