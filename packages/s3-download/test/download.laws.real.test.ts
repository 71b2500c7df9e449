import { randomUUID } from "node:crypto";
import { env } from "node:process";
import { S3Client } from "@aws-sdk/client-s3";
import { downloadLaws } from "@sluice/laws";
import type { ObjectStore } from "@sluice/object-store";
import { awsStore } from "@sluice/s3-aws-sdk";
import { afterAll, beforeAll, test } from "vitest";
import { judged } from "./judged.js";

// What a server has a say in: what it takes as a range, what it says of it, and what it does when the object is another.
const RUNS = 4;
const OF_SERVERS = new Set(["D1", "D2", "D3", "D4", "D5", "D6", "D7", "D9"]);

const bucket = `sluice-${randomUUID()}`;
let client: S3Client;
let store: ObjectStore;

const needed = (name: string): string => {
  const value = env[name];
  if (!value) throw new Error(`${name} must be set: these tests need a real S3 server`);
  return value;
};

beforeAll(async () => {
  client = new S3Client({
    endpoint: needed("SLUICE_S3_ENDPOINT"),
    region: needed("AWS_REGION"),
    credentials: {
      accessKeyId: needed("AWS_ACCESS_KEY_ID"),
      secretAccessKey: needed("AWS_SECRET_ACCESS_KEY"),
    },
    forcePathStyle: true,
  });
  store = awsStore(client);
  await store.buckets!.create(bucket);
});

afterAll(async () => {
  if (store === undefined) return;
  await store.buckets!.delete(bucket);
  client.destroy();
});

for (const { id, says, run } of downloadLaws(() => judged({ store, bucket }))) {
  if (OF_SERVERS.has(id)) test(`${id} ${says}`, async () => void (await run({ runs: RUNS })));
}
