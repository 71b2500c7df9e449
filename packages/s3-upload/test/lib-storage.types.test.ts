import type { EventEmitter } from "node:events";
import { type PutObjectCommandInput, S3Client } from "@aws-sdk/client-s3";
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
