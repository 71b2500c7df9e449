import type { BucketStore } from "@sluice/object-store";
import { type Answer, xmlAnswer } from "../answer.js";
import type { Exchange } from "../exchange.js";
import type { Place } from "../place.js";
import { S3Error } from "../protocol/s3-error.js";
import { element } from "../protocol/xml.js";

export async function listBuckets(exchange: Exchange): Promise<Answer> {
  const all = await exchange.buckets();
  if (all === undefined) throw noBuckets("listed");
  const { accessKeyId = "anonymous", owner = accessKeyId } = exchange.identity;
  return xmlAnswer("ListAllMyBucketsResult", [
    element("Owner", [element("ID", owner), element("DisplayName", owner)]),
    element(
      "Buckets",
      all.map(({ name, created = new Date(0) }) =>
        element("Bucket", [element("Name", name), element("CreationDate", created)]),
      ),
    ),
  ]);
}

export async function createBucket(exchange: Exchange): Promise<Answer> {
  const place = await exchange.place();
  await bucketsOf(place, "made").create(place.bucket, { signal: exchange.signal });
  return { status: 200, headers: { location: `/${exchange.asked.bucket}`, "content-length": "0" } };
}

export async function deleteBucket(exchange: Exchange): Promise<Answer> {
  const place = await exchange.place();
  await bucketsOf(place, "deleted").delete(place.bucket, { signal: exchange.signal });
  return { status: 204, headers: {} };
}

export async function headBucket(exchange: Exchange): Promise<Answer> {
  await mustExist(exchange);
  return { status: 200, headers: { "x-amz-bucket-region": exchange.region } };
}

export async function getBucketLocation(exchange: Exchange): Promise<Answer> {
  await mustExist(exchange);
  // S3's first region has an empty name.
  return xmlAnswer("LocationConstraint", exchange.region === "us-east-1" ? "" : exchange.region);
}

async function mustExist(exchange: Exchange): Promise<void> {
  const { store, bucket, prefix } = await exchange.place();
  const { signal } = exchange;
  if (store.buckets !== undefined) await store.buckets.head(bucket, { signal });
  else await store.list(bucket, { prefix, limit: 1, signal });
}

// A bucket that is a folder of another one is not the clients' to make or delete.
function bucketsOf({ store, prefix }: Place, what: string): BucketStore {
  if (store.buckets === undefined || prefix !== "") throw noBuckets(what);
  return store.buckets;
}

const noBuckets = (what: string) =>
  new S3Error("NotImplemented", `Buckets cannot be ${what} through this gateway.`);
