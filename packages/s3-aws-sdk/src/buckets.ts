import {
  CreateBucketCommand,
  DeleteBucketCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { BucketStore } from "@sluice/object-store";
import { exchange } from "./exchange.js";

/** The part of the port that deals with buckets. */
export const buckets = (client: S3Client): BucketStore => ({
  async create(bucket, { signal } = {}) {
    await exchange(client, new CreateBucketCommand({ Bucket: bucket }), { signal });
  },

  async head(bucket, { signal } = {}) {
    await exchange(client, new HeadBucketCommand({ Bucket: bucket }), { signal, notFound: "NoSuchBucket" });
  },

  async delete(bucket, { signal } = {}) {
    await exchange(client, new DeleteBucketCommand({ Bucket: bucket }), { signal, notFound: "NoSuchBucket" });
  },

  async list({ signal } = {}) {
    const all: { name: string; created: Date }[] = [];
    for (let token: string | undefined; ; ) {
      const command = new ListBucketsCommand({ ContinuationToken: token });
      const { output } = await exchange(client, command, { signal });
      for (const { Name = "", CreationDate = new Date(0) } of output.Buckets ?? []) {
        all.push({ name: Name, created: CreationDate });
      }
      token = output.ContinuationToken;
      if (!token) return all;
    }
  },
});
