/** What a request may ask for; whatever is none of these is refused. */
export type Operation =
  | "ListBuckets"
  | "CreateBucket"
  | "HeadBucket"
  | "DeleteBucket"
  | "GetBucketLocation"
  | "ListObjects"
  | "ListObjectsV2"
  | "ListMultipartUploads"
  | "DeleteObjects"
  | "PutObject"
  | "CopyObject"
  | "GetObject"
  | "HeadObject"
  | "DeleteObject"
  | "CreateMultipartUpload"
  | "UploadPart"
  | "UploadPartCopy"
  | "ListParts"
  | "CompleteMultipartUpload"
  | "AbortMultipartUpload"
  | "GetObjectTagging"
  | "PutObjectTagging"
  | "DeleteObjectTagging"
  | "GetObjectAttributes"
  | BucketSetting
  | ObjectSetting;

// What a bucket or an object can have in S3, and has not here; each with the query parameter that asks for it.
const BUCKET_SETTINGS = {
  GetBucketAccelerateConfiguration: "accelerate",
  GetBucketAcl: "acl",
  GetBucketCors: "cors",
  GetBucketEncryption: "encryption",
  GetBucketLifecycleConfiguration: "lifecycle",
  GetBucketLogging: "logging",
  GetBucketNotificationConfiguration: "notification",
  GetBucketOwnershipControls: "ownershipControls",
  GetBucketPolicy: "policy",
  GetBucketPolicyStatus: "policyStatus",
  GetBucketReplication: "replication",
  GetBucketRequestPayment: "requestPayment",
  GetBucketTagging: "tagging",
  GetBucketVersioning: "versioning",
  GetBucketWebsite: "website",
  GetObjectLockConfiguration: "object-lock",
  GetPublicAccessBlock: "publicAccessBlock",
} as const;
const OBJECT_SETTINGS = {
  GetObjectAcl: "acl",
  GetObjectLegalHold: "legal-hold",
  GetObjectRetention: "retention",
} as const;

export type BucketSetting = keyof typeof BUCKET_SETTINGS;
export type ObjectSetting = keyof typeof OBJECT_SETTINGS;

/**
 * How the body of a request is treated: passed on as it comes, read first thing with its size checked, or
 * left alone.
 */
export type BodyTreatment = "stream" | "read" | "none";

/** One row: which requests are this operation, and all that they may carry. */
export interface OperationRow {
  readonly operation: Operation;
  readonly level: "service" | "bucket" | "object";
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Query parameters, as `name` or `name=value`, that make it this operation. */
  readonly marks: readonly string[];
  /** A header that makes it this operation. */
  readonly markHeader?: string;
  /** Other query parameters that are understood. */
  readonly query: readonly string[];
  /** `x-amz-` headers that are understood, without that prefix; `meta-*` is any user metadata. */
  readonly headers: readonly string[];
  readonly body: BodyTreatment;
}

const CHECKSUMS = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"].map((name) => `checksum-${name}`);
const BODY = [...CHECKSUMS, "sdk-checksum-algorithm", "decoded-content-length", "trailer"];
const KEPT = ["meta-*", "acl", "storage-class", "tagging"];
const CREATE_MULTIPART = [...KEPT, "checksum-algorithm", "checksum-type"];
const SOURCE = [
  "copy-source",
  ...["match", "none-match", "modified-since", "unmodified-since"].map((name) => `copy-source-if-${name}`),
];
const COPY = [...KEPT, ...SOURCE, "metadata-directive", "tagging-directive", "checksum-algorithm"];
const COPY_PART = [...SOURCE, "copy-source-range"];
const LIST = ["prefix", "delimiter", "max-keys", "encoding-type"];
const LIST_V2 = [...LIST, "continuation-token", "start-after", "fetch-owner"];
const RESPONSE = ["type", "language", "encoding", "disposition"].map((name) => `response-content-${name}`);
const READ = ["versionId", "partNumber", ...RESPONSE, "response-cache-control", "response-expires"];
const UPLOADS = ["prefix", "delimiter", "max-uploads", "encoding-type", "key-marker", "upload-id-marker"];
const PARTS = ["max-parts", "part-number-marker"];
const BUCKETS = ["prefix", "max-buckets", "continuation-token", "bucket-region"];
const VERSION = { query: ["versionId"] };
const ATTRIBUTES = ["object-attributes", "max-parts", "part-number-marker"];
const OPTIONAL = ["optional-object-attributes"];

// In the order in which they are tried: those with marks come before those without.
export const OPERATIONS: readonly OperationRow[] = [
  row("ListBuckets", "service", "GET", [], "none", { query: BUCKETS }),

  ...settings(BUCKET_SETTINGS, "bucket"),
  row("GetBucketLocation", "bucket", "GET", ["location"], "none"),
  row("ListMultipartUploads", "bucket", "GET", ["uploads"], "none", { query: UPLOADS }),
  row("ListObjectsV2", "bucket", "GET", ["list-type=2"], "none", { query: LIST_V2, headers: OPTIONAL }),
  row("ListObjects", "bucket", "GET", [], "none", { query: [...LIST, "marker"], headers: OPTIONAL }),
  row("HeadBucket", "bucket", "HEAD", [], "none"),
  row("CreateBucket", "bucket", "PUT", [], "read", { headers: [...BODY, "acl"] }),
  row("DeleteBucket", "bucket", "DELETE", [], "none"),
  row("DeleteObjects", "bucket", "POST", ["delete"], "read", { headers: BODY }),

  ...settings(OBJECT_SETTINGS, "object"),
  row("GetObjectTagging", "object", "GET", ["tagging"], "none", VERSION),
  row("PutObjectTagging", "object", "PUT", ["tagging"], "read", { ...VERSION, headers: BODY }),
  row("DeleteObjectTagging", "object", "DELETE", ["tagging"], "none", VERSION),
  row("GetObjectAttributes", "object", "GET", ["attributes"], "none", { ...VERSION, headers: ATTRIBUTES }),
  row("ListParts", "object", "GET", ["uploadId"], "none", { query: PARTS }),
  row("GetObject", "object", "GET", [], "none", { query: READ, headers: ["checksum-mode"] }),
  row("HeadObject", "object", "HEAD", [], "none", { query: READ, headers: ["checksum-mode"] }),
  {
    ...row("UploadPartCopy", "object", "PUT", ["partNumber", "uploadId"], "none", { headers: COPY_PART }),
    markHeader: "x-amz-copy-source",
  },
  row("UploadPart", "object", "PUT", ["partNumber", "uploadId"], "stream", { headers: BODY }),
  {
    ...row("CopyObject", "object", "PUT", [], "none", { headers: COPY }),
    markHeader: "x-amz-copy-source",
  },
  row("PutObject", "object", "PUT", [], "stream", { headers: [...BODY, ...KEPT] }),
  row("CreateMultipartUpload", "object", "POST", ["uploads"], "read", { headers: CREATE_MULTIPART }),
  row("CompleteMultipartUpload", "object", "POST", ["uploadId"], "read", {
    headers: [...BODY, "checksum-type", "mp-object-size"],
  }),
  row("AbortMultipartUpload", "object", "DELETE", ["uploadId"], "none"),
  row("DeleteObject", "object", "DELETE", [], "none", { query: ["versionId"] }),
];

function settings(
  known: Readonly<Partial<Record<Operation, string>>>,
  level: OperationRow["level"],
): readonly OperationRow[] {
  const query = level === "object" ? VERSION : {};
  return Object.entries(known).map(([operation, mark]) =>
    row(operation as Operation, level, "GET", [mark], "none", query),
  );
}

function row(
  operation: Operation,
  level: OperationRow["level"],
  method: OperationRow["method"],
  marks: readonly string[],
  body: BodyTreatment,
  { query = [], headers = [] }: { query?: readonly string[]; headers?: readonly string[] } = {},
): OperationRow {
  return { operation, level, method, marks, query, headers, body };
}
