import type { Answer } from "../answer.js";
import type { Exchange } from "../exchange.js";
import type { Operation } from "../protocol/operation.js";
import { getObjectAttributes } from "./attributes.js";
import { createBucket, deleteBucket, getBucketLocation, headBucket, listBuckets } from "./buckets.js";
import { copyObject, uploadPartCopy } from "./copy-object.js";
import { deleteObject, deleteObjects } from "./delete-object.js";
import { listMultipartUploads, listParts } from "./list-multipart.js";
import { listObjects, listObjectsV2 } from "./list-objects.js";
import { abortMultipartUpload, completeMultipartUpload, createMultipartUpload } from "./multipart.js";
import { getObject, headObject } from "./read-object.js";
import { BUCKET_SETTINGS, OBJECT_SETTINGS } from "./settings.js";
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from "./tagging.js";
import { putObject, uploadPart } from "./write-object.js";

/** Who does what. */
export const HANDLERS: Readonly<Record<Operation, (exchange: Exchange) => Promise<Answer>>> = {
  ListBuckets: listBuckets,
  CreateBucket: createBucket,
  HeadBucket: headBucket,
  DeleteBucket: deleteBucket,
  GetBucketLocation: getBucketLocation,
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  ListMultipartUploads: listMultipartUploads,
  DeleteObjects: deleteObjects,
  PutObject: putObject,
  CopyObject: copyObject,
  GetObject: getObject,
  HeadObject: headObject,
  DeleteObject: deleteObject,
  CreateMultipartUpload: createMultipartUpload,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  ListParts: listParts,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
  GetObjectTagging: getObjectTagging,
  PutObjectTagging: putObjectTagging,
  DeleteObjectTagging: deleteObjectTagging,
  GetObjectAttributes: getObjectAttributes,
  ...BUCKET_SETTINGS,
  ...OBJECT_SETTINGS,
};
