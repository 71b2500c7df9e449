import { type Answer, xmlAnswer } from "../answer.js";
import type { Exchange } from "../exchange.js";
import { objectAt } from "../place.js";
import type { BucketSetting, ObjectSetting } from "../protocol/operation.js";
import { S3Error } from "../protocol/s3-error.js";
import { element, Markup } from "../protocol/xml.js";
import { bucketMustExist } from "./buckets.js";

type Handler = (exchange: Exchange) => Promise<Answer>;
type Told = (exchange: Exchange) => Answer;

/**
 * What clients ask for when they start, answered as S3 does for a bucket with none of it. It is true of the gateway,
 * whatever the store behind it has: here nobody can set any of it.
 */
export const BUCKET_SETTINGS: Readonly<Record<BucketSetting, Handler>> = {
  GetBucketAccelerateConfiguration: always(() => xmlAnswer("AccelerateConfiguration", "")),
  GetBucketAcl: always(accessControl),
  GetBucketCors: never("NoSuchCORSConfiguration", "The CORS configuration does not exist."),
  GetBucketEncryption: never(
    "ServerSideEncryptionConfigurationNotFoundError",
    "The server side encryption configuration was not found.",
  ),
  GetBucketLifecycleConfiguration: never(
    "NoSuchLifecycleConfiguration",
    "The lifecycle configuration does not exist.",
  ),
  GetBucketLogging: always(() => xmlAnswer("BucketLoggingStatus", "")),
  GetBucketNotificationConfiguration: always(() => xmlAnswer("NotificationConfiguration", "")),
  GetBucketOwnershipControls: never(
    "OwnershipControlsNotFoundError",
    "The bucket ownership controls were not found.",
  ),
  GetBucketPolicy: never("NoSuchBucketPolicy", "The bucket policy does not exist."),
  GetBucketPolicyStatus: never("NoSuchBucketPolicy", "The bucket policy does not exist."),
  GetBucketReplication: never(
    "ReplicationConfigurationNotFoundError",
    "The replication configuration was not found.",
  ),
  GetBucketRequestPayment: always(() =>
    xmlAnswer("RequestPaymentConfiguration", [element("Payer", "BucketOwner")]),
  ),
  GetBucketTagging: never("NoSuchTagSet", "The TagSet does not exist."),
  GetBucketVersioning: always(() => xmlAnswer("VersioningConfiguration", "")),
  GetBucketWebsite: never(
    "NoSuchWebsiteConfiguration",
    "The specified bucket does not have a website configuration.",
  ),
  GetObjectLockConfiguration: never(
    "ObjectLockConfigurationNotFoundError",
    "Object Lock configuration does not exist for this bucket.",
  ),
  GetPublicAccessBlock: never(
    "NoSuchPublicAccessBlockConfiguration",
    "The public access block configuration was not found.",
  ),
};

/** The same of an object. */
export const OBJECT_SETTINGS: Readonly<Record<ObjectSetting, Handler>> = {
  GetObjectAcl: ofObject(accessControl),
  GetObjectLegalHold: ofObject(noLock),
  GetObjectRetention: ofObject(noLock),
};

function always(told: Told): Handler {
  return async (exchange) => {
    await bucketMustExist(exchange);
    return told(exchange);
  };
}

function never(code: string, message: string): Handler {
  return always(() => {
    throw new S3Error(code, message, { status: 404 });
  });
}

function ofObject(told: Told): Handler {
  return async (exchange) => {
    const place = await exchange.place();
    const { key, query } = exchange.asked;
    const source = { ...objectAt(place, key), versionId: query.get("versionId") };
    await place.store.head(source, { signal: exchange.signal });
    return told(exchange);
  };
}

function noLock(): never {
  throw new S3Error(
    "NoSuchObjectLockConfiguration",
    "The specified object does not have an Object Lock configuration.",
    { status: 404 },
  );
}

// Whoever may ask is, as far as S3's own grants go, the owner of everything; what they really may do `authorize` says.
function accessControl(exchange: Exchange): Answer {
  const who = exchange.ownerFields;
  const type = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"';
  const grantee = new Markup(`<Grantee ${type}>${who.map(({ text }) => text).join("")}</Grantee>`);
  return xmlAnswer("AccessControlPolicy", [
    element("Owner", who),
    element("AccessControlList", [element("Grant", [grantee, element("Permission", "FULL_CONTROL")])]),
  ]);
}
