import type { EventEmitter } from "node:events";
import {
  type AbortMultipartUploadCommandInput,
  type CompleteMultipartUploadCommandInput,
  type PutObjectCommandInput,
  S3Client,
  type UploadPartCommandInput,
} from "@aws-sdk/client-s3";
import type { Options as TheirOptions, Upload as Theirs } from "@aws-sdk/lib-storage";
import { type Options, Upload } from "@sluice/s3-upload/lib-storage";
import { expect, test } from "vitest";

const client = new S3Client({ region: "eu-central-1" });
const params: PutObjectCommandInput = { Bucket: "bucket", Key: "key", Body: "body" };

test("whatever was written for the types of lib-storage is accepted", () => {
  const theirs: TheirOptions = { client, params, tags: [], abortController: new AbortController() };
  const ours: Options = theirs;
  const upload = new Upload(ours);
  // What is done with an upload; not its private fields.
  const like: Pick<Theirs, "abort" | "done" | "uploadId" | "uploadEvent"> = upload as Pick<
    Upload,
    "abort" | "done" | "uploadId" | "uploadEvent"
  >;
  const emitter: EventEmitter = upload;
  upload.on("httpUploadProgress", ({ loaded }) => loaded).once("httpUploadProgress", ({ part }) => part);
  expect(emitter).toBe(like);
});

test("the types refuse what lib-storage refuses", () => {
  // @ts-expect-error there is no upload without params
  expect(() => new Upload({ client })).toThrow("InputError");
  // @ts-expect-error nor without a client
  expect(() => new Upload({ params })).toThrow("InputError");
  const upload = new Upload({ client, params });
  // @ts-expect-error there is no such event
  upload.on("progress", () => undefined);
  // @ts-expect-error a number is no body
  new Upload({ client, params: { Bucket: "bucket", Key: "key", Body: 5 } });
});

type Given = "Bucket" | "Key" | "RequestPayer" | "ExpectedBucketOwner";
type CustomerKey = "SSECustomerAlgorithm" | "SSECustomerKey" | "SSECustomerKeyMD5";
type Digest = "ContentMD5" | `Checksum${"CRC32" | "CRC32C" | "CRC64NVME" | "MD5" | `SHA${1 | 256 | 512}`}`;
type NewDigest = `ChecksumXXHASH${64 | 3 | 128}`;
type Part = Given | CustomerKey | Digest | NewDigest;

/** `true` if the SDK has no param for a command that nobody here has thought of. */
type Decided<Input, Names> = [Exclude<keyof Input, Names>] extends [never]
  ? true
  : Exclude<keyof Input, Names>;

test("no param of the SDK is lost on its way to a command because nobody has thought of it", () => {
  const part: Decided<
    UploadPartCommandInput,
    Part | "Body" | "ContentLength" | "ChecksumAlgorithm" | "PartNumber" | "UploadId"
  > = true;
  const complete: Decided<
    CompleteMultipartUploadCommandInput,
    Part | "ChecksumType" | "IfMatch" | "IfNoneMatch" | "MpuObjectSize" | "MultipartUpload" | "UploadId"
  > = true;
  const abort: Decided<AbortMultipartUploadCommandInput, Given | "UploadId" | "IfMatchInitiatedTime"> = true;
  expect([part, complete, abort]).toEqual([true, true, true]);
});
