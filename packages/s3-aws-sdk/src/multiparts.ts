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
import {
  type ChecksumAlgorithm,
  type MultipartTarget,
  type ObjectStore,
  StoreError,
} from "@sluice/object-store";
import { exchange } from "./exchange.js";
import {
  checksumOf,
  copySourceOf,
  decodedKey,
  etagOf,
  sdkAlgorithm,
  sdkChecksum,
  sdkChecksumType,
  sdkHeaders,
  sdkIntegrity,
  sdkSourceConditions,
} from "./fields.js";
import { notPublished } from "./objects.js";
import { encryptionOf, sdkCustomerKey, sdkOwner, sdkSourceKey, sdkStorage } from "./storage-fields.js";

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
export const multiparts = (client: S3Client, trailers: boolean): Multiparts => ({
  async createMultipart({ bucket, key }, options = {}) {
    const { signal, checksumAlgorithm, checksumType } = options;
    const command = new CreateMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      ChecksumAlgorithm: checksumAlgorithm && sdkAlgorithm(checksumAlgorithm),
      ChecksumType: sdkChecksumType(checksumType),
      ...sdkHeaders(options),
      ...sdkStorage(options),
      ...sdkCustomerKey(options),
      ...sdkOwner(options),
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
      ...sdkCustomerKey(options),
      ...sdkOwner(options),
    });
    const { output } = await exchange(client, command, {
      signal: options.signal,
      onSent: options.onSent,
      body,
      trailer: trailers ? options.trailer : undefined,
      notFound: "NoSuchUpload",
    });
    return {
      partNumber,
      etag: etagOf(output.ETag),
      checksum: checksumOf(output),
      encryption: encryptionOf(output),
    };
  },

  async copyPart(upload, partNumber, source, options = {}) {
    const { signal, range, sourceCustomerKey } = options;
    const command = new UploadPartCopyCommand({
      ...idOf(upload),
      PartNumber: partNumber,
      CopySource: copySourceOf(source),
      CopySourceRange: range && `bytes=${range.start}-${range.end}`,
      ...sdkSourceConditions(options),
      ...sdkCustomerKey(options),
      ...sdkSourceKey(sourceCustomerKey),
      ...sdkOwner(options),
    });
    const { output } = await exchange(client, command, { signal });
    const result = output.CopyPartResult;
    if (!result?.ETag) throw notPublished("copy of a part");
    return {
      partNumber,
      etag: etagOf(result.ETag),
      checksum: checksumOf(result),
      encryption: encryptionOf(output),
    };
  },

  async listParts(upload, options = {}) {
    const { signal, after, limit } = options;
    const command = new ListPartsCommand({
      ...idOf(upload),
      PartNumberMarker: after === undefined ? undefined : String(after),
      MaxParts: limit,
      ...sdkCustomerKey(options),
      ...sdkOwner(options),
    });
    const { output } = await exchange(client, command, { signal, notFound: "NoSuchUpload" });
    const { ChecksumAlgorithm: algorithm, ChecksumType: type } = output;
    return {
      checksumAlgorithm: algorithm?.toLowerCase() as ChecksumAlgorithm | undefined,
      checksumType: type && (type === "COMPOSITE" ? "composite" : "full-object"),
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
      ...sdkChecksum(options.checksum),
      ChecksumType: sdkChecksumType(options.checksumType ?? options.checksum?.type),
      ...sdkCustomerKey(options),
      ...sdkOwner(options),
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
    return {
      etag: etagOf(output.ETag),
      versionId: output.VersionId,
      checksum: checksumOf(output),
      encryption: encryptionOf(output),
    };
  },

  async abortMultipart(upload, options = {}) {
    const command = new AbortMultipartUploadCommand({ ...idOf(upload), ...sdkOwner(options) });
    await exchange(client, command, { signal: options.signal, notFound: "NoSuchUpload" });
  },

  async listMultiparts(bucket, options = {}) {
    const { signal, prefix, delimiter, startAfter, continuation, limit } = options;
    const [keyMarker = startAfter, uploadIdMarker] =
      (continuation && (JSON.parse(continuation) as string[])) || [];
    const ask = async (EncodingType?: "url") => {
      const command = new ListMultipartUploadsCommand({
        Bucket: bucket,
        Prefix: prefix,
        Delimiter: delimiter,
        KeyMarker: keyMarker,
        UploadIdMarker: uploadIdMarker,
        MaxUploads: limit,
        EncodingType,
        ...sdkOwner(options),
      });
      return (await exchange(client, command, { signal, notFound: "NoSuchBucket" })).output;
    };
    let output = await ask("url");
    // Ceph encodes the keys, and does not say that it has.
    if (!output.EncodingType && output.Uploads?.some(({ Key }) => Key?.includes("%"))) output = await ask();
    const encoding = output.EncodingType;
    return {
      uploads: (output.Uploads ?? []).map(({ Key, UploadId, Initiated }) => ({
        bucket,
        key: decodedKey(Key, encoding),
        uploadId: UploadId ?? "",
        initiated: Initiated ?? new Date(0),
      })),
      commonPrefixes: (output.CommonPrefixes ?? []).map(({ Prefix }) => decodedKey(Prefix, encoding)),
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
