import { randomUUID } from "node:crypto";
import { env } from "node:process";
import { S3Client } from "@aws-sdk/client-s3";
import { downloadLaws } from "@sluice/laws";
import type { ObjectStore } from "@sluice/object-store";
import { awsStore } from "@sluice/s3-aws-sdk";
import { afterAll, beforeAll, describe, test } from "vitest";
import { judged } from "./judged.js";

// Where each law D is seen on a real server: the embedded one, Ceph RGW and Swift.
//
//   here                    all of them. The store is the server's, and the kit stands before it: it holds answers back,
//                           breaks bodies off, and puts another object there.
//   connections.real.test   D1 to D7: what breaks are the connections, which are reset and ended anywhere;
//                           and D10: bodies that nobody reads, and a reader that stops
//   stalls.real.test        D8, D9: connections that fall silent anywhere, in an answer or before it
const RUNS = 4;
const OF_TIME = new Set(["D8", "D10"]);
// Long enough for a busy server to answer a small request, which is what the kit takes for granted.
const IDLE = 1_000;

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

describe.concurrent("over the SDK's client", () => {
  for (const { id, says, run } of downloadLaws(() => judged({ store, bucket, idleTimeout: IDLE }))) {
    // Their time really passes, so they let it pass together.
    const play = OF_TIME.has(id)
      ? () => Promise.all(Array.from({ length: RUNS }, () => run({ runs: 1 })))
      : () => run({ runs: RUNS });
    test(`${id} ${says}`, async () => void (await play()));
  }
});
