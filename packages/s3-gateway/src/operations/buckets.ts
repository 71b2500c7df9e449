import type { BucketStore } from "@sluice/object-store";
import { type Answer, xmlAnswer } from "../answer.js";
import { type Exchange, numberIn } from "../exchange.js";
import type { Place } from "../place.js";
import { S3Error } from "../protocol/s3-error.js";
import { element, fieldsOf, parseDocument } from "../protocol/xml.js";
import { fromToken, toToken } from "./list-tokens.js";

// S3 gives up to 10,000 where nobody asks for less.
const MOST_BUCKETS = 10_000;

export async function listBuckets(exchange: Exchange): Promise<Answer> {
  const { query } = exchange.asked;
  const prefix = query.get("prefix") ?? "";
  const limit = numberIn(query, "max-buckets", 1, MOST_BUCKETS) ?? MOST_BUCKETS;
  const token = query.get("continuation-token");
  const after = token === undefined ? "" : fromToken(token, "continuation token");
  const region = query.get("bucket-region");
  const all = await exchange.buckets();
  if (all === undefined) throw noBuckets("listed");
  const rest = all.filter(
    ({ name }) =>
      name.startsWith(prefix) && name > after && (region === undefined || region === exchange.region),
  );
  // A function may name them in any order, and a page goes on behind a name.
  rest.sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = rest.slice(0, limit);
  return xmlAnswer("ListAllMyBucketsResult", [
    element("Owner", exchange.ownerFields),
    element(
      "Buckets",
      page.map(({ name, created = new Date(0) }) =>
        element("Bucket", [
          element("Name", name),
          element("CreationDate", created),
          element("BucketRegion", exchange.region),
        ]),
      ),
    ),
    element("ContinuationToken", rest.length > limit ? toToken(page.at(-1)!.name) : undefined),
    element("Prefix", prefix || undefined),
  ]);
}

export async function createBucket(exchange: Exchange): Promise<Answer> {
  checkRegion(exchange);
  const place = await exchange.place();
  await bucketsOf(place, "made").create(place.bucket, { signal: exchange.signal });
  return { status: 200, headers: { location: `/${exchange.asked.bucket}`, "content-length": "0" } };
}

function checkRegion({ control, region, regionIsFixed }: Exchange): void {
  if (control.length === 0) return;
  const { LocationConstraint: wanted = "" } = fieldsOf(parseDocument(control, "CreateBucketConfiguration"), [
    "LocationConstraint",
  ]);
  if (wanted === "" || wanted === region || !regionIsFixed) return;
  throw new S3Error(
    "IllegalLocationConstraintException",
    `The ${wanted.slice(0, 60)} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  );
}

export async function deleteBucket(exchange: Exchange): Promise<Answer> {
  const place = await exchange.place();
  await bucketsOf(place, "deleted").delete(place.bucket, { signal: exchange.signal });
  return { status: 204, headers: {} };
}

export async function headBucket(exchange: Exchange): Promise<Answer> {
  await bucketMustExist(exchange);
  return { status: 200, headers: { "x-amz-bucket-region": exchange.region } };
}

export async function getBucketLocation(exchange: Exchange): Promise<Answer> {
  await bucketMustExist(exchange);
  // S3's first region has an empty name.
  return xmlAnswer("LocationConstraint", exchange.region === "us-east-1" ? "" : exchange.region);
}

/** Rejects with NoSuchBucket if there is none. */
export async function bucketMustExist(exchange: Exchange): Promise<void> {
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
