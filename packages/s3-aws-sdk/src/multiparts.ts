import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { type MultipartTarget, type ObjectStore, StoreError } from "@sluice/object-store";
import { exchange } from "./exchange.js";
import {
  checksumOf,
  copySourceOf,
  decodedKey,
  etagOf,
  sdkAlgorithm,
  sdkChecksum,
  sdkHeaders,
  sdkIntegrity,
} from "./fields.js";
import { notPublished } from "./objects.js";

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
export const multiparts = (client: S3Client): Multiparts => ({
  async createMultipart({ bucket, key }, options = {}) {
    const { signal, checksumAlgorithm } = options;
    const command = new CreateMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      ChecksumAlgorithm: checksumAlgorithm && sdkAlgorithm(checksumAlgorithm),
      ...sdkHeaders(options),
    });
    const { output } = await exchange(client, command, { signal, notFound: "NoSuchBucket" });
    if (!output.UploadId) throw notPublished("beginning of a multipart upload");
    return { bucket, key, uploadId: output.UploadId };
  },

  async putPart(upload, partNumber, body, options = {}) {
    const command = new UploadPartCommand({
      ...idOf(upload),
      PartNumber: partNumber,
      ...sdkIntegrity(options),
    });
    const { output } = await exchange(client, command, {
      signal: options.signal,
      body,
      notFound: "NoSuchUpload",
    });
    return { partNumber, etag: etagOf(output.ETag), checksum: checksumOf(output) };
  },

  async copyPart(upload, partNumber, source, { signal, range, sourceIfMatch } = {}) {
    const command = new UploadPartCopyCommand({
      ...idOf(upload),
      PartNumber: partNumber,
      CopySource: copySourceOf(source),
      CopySourceRange: range && `bytes=${range.start}-${range.end}`,
      CopySourceIfMatch: sourceIfMatch,
    });
    const { output } = await exchange(client, command, { signal });
    const result = output.CopyPartResult;
    if (!result?.ETag) throw notPublished("copy of a part");
    return { partNumber, etag: etagOf(result.ETag), checksum: checksumOf(result) };
  },

  async listParts(upload, { signal, after, limit } = {}) {
    const command = new ListPartsCommand({
      ...idOf(upload),
      PartNumberMarker: after === undefined ? undefined : String(after),
      MaxParts: limit,
    });
    const { output } = await exchange(client, command, { signal, notFound: "NoSuchUpload" });
    return {
      parts: (output.Parts ?? []).map((part) => ({
        partNumber: part.PartNumber ?? 0,
        etag: etagOf(part.ETag),
        size: part.Size ?? 0,
        lastModified: part.LastModified ?? new Date(0),
        checksum: checksumOf(part),
      })),
      next: output.IsTruncated ? Number(output.NextPartNumberMarker) : undefined,
    };
  },

  async completeMultipart(upload, parts, options = {}) {
    // Ceph would take them in any order, and put them in that of their numbers.
    if (parts.some(({ partNumber }, i) => i > 0 && partNumber <= parts[i - 1]!.partNumber)) {
      throw new StoreError("InvalidPartOrder", "the parts to complete with are not in ascending order");
    }
    const command = new CompleteMultipartUploadCommand({
      ...idOf(upload),
      MpuObjectSize: options.size,
      IfMatch: options.ifMatch,
      IfNoneMatch: options.ifNoneMatch,
      MultipartUpload: {
        Parts: parts.map(({ partNumber, etag, checksum }) => ({
          PartNumber: partNumber,
          ETag: etag,
          ...sdkChecksum(checksum),
        })),
      },
    });
    const { output } = await exchange(client, command, { signal: options.signal, notFound: "NoSuchUpload" });
    // Ceph answers with an empty ETag, but with the key; an answer with neither is an error in a 200.
    if (!output.ETag && !output.Key) throw notPublished("completion of a multipart upload");
    return { etag: etagOf(output.ETag), versionId: output.VersionId, checksum: checksumOf(output) };
  },

  async abortMultipart(upload, { signal } = {}) {
    const command = new AbortMultipartUploadCommand(idOf(upload));
    await exchange(client, command, { signal, notFound: "NoSuchUpload" });
  },

  async listMultiparts(bucket, { signal, prefix, continuation, limit } = {}) {
    const [keyMarker, uploadIdMarker] = (continuation && (JSON.parse(continuation) as string[])) || [];
    const command = new ListMultipartUploadsCommand({
      Bucket: bucket,
      Prefix: prefix,
      KeyMarker: keyMarker,
      UploadIdMarker: uploadIdMarker,
      MaxUploads: limit,
      EncodingType: "url",
    });
    const { output } = await exchange(client, command, { signal, notFound: "NoSuchBucket" });
    const encoding = output.EncodingType;
    return {
      uploads: (output.Uploads ?? []).map(({ Key, UploadId, Initiated }) => ({
        bucket,
        key: decodedKey(Key, encoding),
        uploadId: UploadId ?? "",
        initiated: Initiated ?? new Date(0),
      })),
      next: output.IsTruncated
        ? JSON.stringify([decodedKey(output.NextKeyMarker, encoding), output.NextUploadIdMarker])
        : undefined,
    };
  },
});

const idOf = ({ bucket, key, uploadId }: MultipartTarget) => ({
  Bucket: bucket,
  Key: key,
  UploadId: uploadId,
});
