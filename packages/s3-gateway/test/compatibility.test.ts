import { expect, it } from "vitest";
import { OPERATIONS, type Operation, type OperationRow } from "../src/protocol/operation.js";

// What a reader would not guess from the names of parameters.
const NOTES: Partial<Record<Operation, string>> = {
  ListBuckets: "over several stores what `listBuckets` says, or 501",
  CreateBucket:
    "a `LocationConstraint` other than the gateway's own region is IllegalLocationConstraintException; other elements 501",
  GetBucketLocation: "empty for us-east-1",
  ListMultipartUploads: "`upload-id-marker` is the `NextUploadIdMarker` of a page, and nothing else",
  ListObjects: "`NextMarker` only with a delimiter, as in S3",
  ListObjectsV2: "tokens of other stores or pages are InvalidArgument",
  DeleteObjects:
    "1 to 1,000 keys, else MalformedXML; needs Content-MD5 or a checksum; `VersionId` and `ETag` of a key count",
  ListParts: "as the store has them",
  GetObject:
    "If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since; one range; several ranges are the whole object",
  HeadObject: "the same conditions; `partNumber`",
  UploadPartCopy: "a range must lie within the source; between two stores 501",
  UploadPart: "a checksum in a header or behind the body, of the kind that the upload was begun for",
  CopyObject:
    "onto itself only with new headers or another storage class; what does not hold of the source is 412; between two stores 501",
  PutObject:
    "If-None-Match: `*` and If-Match; other conditions 501; metadata that is no printable ASCII is InvalidArgument",
  CreateMultipartUpload: "a checksum type that the algorithm has not is InvalidRequest",
  CompleteMultipartUpload:
    "conditions as PutObject; with a composite checksum one of each part, else InvalidRequest; another type than begun is BadDigest",
  DeleteObject: "If-Match; where nothing is, NoSuchKey; other conditions 501",
  GetObjectAttributes: "parts only where they have checksums, 100 a page",
  PutObjectTagging: "at most 10 tags, else BadRequest; of 128 and 256 characters, else InvalidTag",
  GetBucketAcl: "whoever asks has FULL_CONTROL",
  GetObjectAcl: "whoever asks has FULL_CONTROL",
  GetBucketAccelerateConfiguration: "empty",
  GetBucketLogging: "empty",
  GetBucketNotificationConfiguration: "empty",
  GetBucketRequestPayment: "BucketOwner",
  GetBucketVersioning: "empty: never switched on",
  GetBucketCors: "404 NoSuchCORSConfiguration",
  GetBucketEncryption: "404 ServerSideEncryptionConfigurationNotFoundError",
  GetBucketLifecycleConfiguration: "404 NoSuchLifecycleConfiguration",
  GetBucketOwnershipControls: "404 OwnershipControlsNotFoundError",
  GetBucketPolicy: "404 NoSuchBucketPolicy",
  GetBucketPolicyStatus: "404 NoSuchBucketPolicy",
  GetBucketReplication: "404 ReplicationConfigurationNotFoundError",
  GetBucketTagging: "404 NoSuchTagSet",
  GetBucketWebsite: "404 NoSuchWebsiteConfiguration",
  GetObjectLockConfiguration: "404 ObjectLockConfigurationNotFoundError",
  GetPublicAccessBlock: "404 NoSuchPublicAccessBlockConfiguration",
  GetObjectLegalHold: "404 NoSuchObjectLockConfiguration",
  GetObjectRetention: "404 NoSuchObjectLockConfiguration",
};

const PATHS = { service: "/", bucket: "/b", object: "/b/k" };

const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(" ");

const isChecksum = (name: string) => /^checksum-(crc|sha)/.test(name);

function lineOf(row: OperationRow): string {
  const { operation, method, level, marks, markHeader, query, headers } = row;
  const path = PATHS[level] + (marks.length > 0 ? `?${marks.join("&")}` : "");
  const told = [
    ...headers.filter((name) => !isChecksum(name) && name !== "trailer" && name !== "decoded-content-length"),
    ...(headers.some(isChecksum) ? ["checksum-…"] : []),
  ];
  const request = `\`${method} ${path}\`${markHeader === undefined ? "" : `, \`${markHeader}\``}`;
  return `| ${operation} | ${request} | ${code(query)} | ${code(told)} | ${NOTES[operation] ?? ""} |`;
}

it("the page about what the gateway understands says what it does", async () => {
  const page = `# What the gateway understands of S3

<!-- Written by packages/s3-gateway/test/compatibility.test.ts: vitest -u. -->

Every operation, and every parameter of it. Whatever stands in no row is refused with 501 NotImplemented before anything
is changed: a query parameter, an \`x-amz-\` header, or a whole operation; a method that S3 does not have there is 405
MethodNotAllowed. Headers are named without their \`x-amz-\`; \`checksum-…\` are CRC32, CRC32C, CRC64NVME, SHA1 and SHA256.
Besides, all operations take what belongs to signatures.

| operation | request | query | headers | what to know |
|-|-|-|-|-|
${OPERATIONS.map(lineOf).join("\n")}

## Answers that are always the same

Some clients ask when they start for what a bucket can have in S3. Such a setting cannot be made through the gateway, so
that the answers are those of S3 for a bucket without it, whatever the store behind the gateway has.

## What depends on the store

| | MemoryStore, DirectoryStore | a store that speaks S3 |
|-|-|-|
| tags | kept | passed on |
| storage class | a label: kept and told back, and nothing else | passed on |
| \`Expires\` | kept as a date, so that what is none is InvalidArgument | passed on |
| ACL | \`private\` and \`bucket-owner-full-control\`, which change nothing; others 501 | the same |
| a checksum in a header | verified and kept | passed on |
| a checksum behind the body | verified, computed once more and kept | verified, and passed on where [the store takes it there](why/022-checksums-that-come-last.md) |
| If-Match of a delete | heeded | passed on, where the server may take no notice of it |
| versions | only \`null\`; others NoSuchVersion | passed on |

An upload that was begun with an algorithm takes parts without a checksum, and computes it. S3 refuses them where the
checksum is composite. An upload that was begun without one has none; S3 computes a CRC64NVME of its own then.

[Why it is built like this](why/019-what-a-store-says-of-itself.md)
`;
  await expect(page).toMatchFileSnapshot("../../../docs/s3-compatibility.md");
});
