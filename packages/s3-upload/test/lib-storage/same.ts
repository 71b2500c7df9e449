import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Options } from "@sluice/s3-upload/lib-storage";
import { s3Error, type Twist } from "./scripted-s3.js";
import type { Play } from "./uploads.js";

/** One thing that a caller of lib-storage does. */
export interface Scenario extends Play {
  readonly title: string;
}

export const TEXT = "twelve bytes"; // three parts
const DIRECTORY = mkdtempSync(join(tmpdir(), "sluice-lib-storage-"));
const FILE = join(DIRECTORY, "file");
writeFileSync(FILE, TEXT);
export const removeFile = () => rmSync(DIRECTORY, { recursive: true });
export const fileStream = (range: { start?: number; end?: number } = {}) => createReadStream(FILE, range);

export const place = { Bucket: "bucket", Key: "a/b" };
type Rest = Omit<Partial<Options>, "params">;
export const body = (
  Body: () => Options["params"]["Body"],
  params: Partial<Options["params"]> = {},
  rest: Rest = {},
): Play => ({ options: () => ({ params: { ...place, Body: Body(), ...params }, ...rest }) });

const of = (title: string, scene: Play): Scenario => ({ title, ...scene });
export const web = (text: string) => new Blob([text]).stream();
export const chunks = (...texts: string[]) => Readable.from(texts.map((text) => Buffer.from(text)));
export const fails = (operation: string, part?: number): { twist: () => Twist } => ({
  twist: () => (call) =>
    call.operation === operation && (part === undefined || call.part === part)
      ? s3Error(403, "AccessDenied")
      : undefined,
});

const EVERYTHING: Partial<Options["params"]> = {
  ACL: "private",
  BucketKeyEnabled: true,
  CacheControl: "no-cache",
  ContentDisposition: "inline",
  ContentEncoding: "identity",
  ContentLanguage: "de",
  ContentType: "text/plain",
  ExpectedBucketOwner: "111122223333",
  Expires: new Date(86_400_000),
  GrantRead: "id=1",
  Metadata: { colour: "blue" },
  ObjectLockLegalHoldStatus: "ON",
  ObjectLockMode: "GOVERNANCE",
  ObjectLockRetainUntilDate: new Date(86_400_000),
  RequestPayer: "requester",
  SSEKMSEncryptionContext: "e30=",
  SSEKMSKeyId: "key",
  ServerSideEncryption: "aws:kms",
  StorageClass: "STANDARD_IA",
  Tagging: "a=b",
  WebsiteRedirectLocation: "/there",
};
const CUSTOMER_KEY = { SSECustomerAlgorithm: "AES256", SSECustomerKey: "0123456789abcdef0123456789abcdef" };
export const digest = (algorithm: string) => createHash(algorithm).update(TEXT).digest("base64");
export const TAGS = [
  { Key: "colour", Value: "blue" },
  { Key: "size", Value: "12" },
];

const BODIES: readonly Scenario[] = [
  of(
    "an empty string",
    body(() => ""),
  ),
  of(
    "an empty stream",
    body(() => chunks()),
  ),
  of(
    "a string of one part",
    body(() => "äöü".slice(0, 2)),
  ),
  of(
    "a string of three parts",
    body(() => TEXT),
  ),
  of(
    "a String object",
    body(() => new String(TEXT) as string),
  ),
  of(
    "a string of characters that take several bytes",
    body(() => "a😀é漢"),
  ),
  of(
    "a Buffer of one part",
    body(() => Buffer.from("four")),
  ),
  of(
    "a Buffer of a part and a byte",
    body(() => Buffer.from("four+")),
  ),
  of(
    "a Uint8Array that is a view",
    body(() => new Uint8Array(Buffer.from(`..${TEXT}`)).subarray(2)),
  ),
  of(
    "a Blob",
    body(() => new Blob([TEXT])),
  ),
  of(
    "a File",
    body(() => new File([TEXT], "name")),
  ),
  of(
    "a Readable, cut otherwise than the parts",
    body(() => chunks("tw", "elve ", "by", "tes")),
  ),
  of(
    "a Readable of strings",
    body(() => Readable.from(["twelve ", "bytes"])),
  ),
  of(
    "a Readable with an encoding",
    body(() => chunks("twelve ", "bytes").setEncoding("utf8")),
  ),
  of(
    "a Readable of which the caller has looked at the first bytes",
    body(() => {
      const stream = Readable.from([Buffer.from(TEXT)], { objectMode: false });
      stream.unshift(Buffer.from(">>"));
      stream.unshift(stream.read(1));
      return stream;
    }),
  ),
  of(
    "a Readable that ends with a whole part",
    body(() => chunks("eight by")),
  ),
  of(
    "a ReadableStream",
    body(() => web(TEXT)),
  ),
  of(
    "a file",
    body(() => fileStream()),
  ),
  of(
    "a file from a byte to another",
    body(() => fileStream({ start: 2, end: 9 })),
  ),
  of(
    "something with a `stream()`",
    body(() => ({ stream: () => web(TEXT) }) as unknown as Blob),
  ),
];

const PARAMS: readonly Scenario[] = [
  of(
    "all params, one part",
    body(() => "four", EVERYTHING),
  ),
  of(
    "all params, three parts",
    body(() => TEXT, EVERYTHING),
  ),
  of(
    "a customer's key, one part",
    body(() => "four", CUSTOMER_KEY),
  ),
  of(
    "a customer's key, three parts",
    body(() => TEXT, CUSTOMER_KEY),
  ),
  of(
    "IfNoneMatch, one part",
    body(() => "four", { IfNoneMatch: "*" }),
  ),
  of(
    "IfNoneMatch, three parts",
    body(() => TEXT, { IfNoneMatch: "*" }),
  ),
  of(
    "ChecksumAlgorithm SHA256, one part",
    body(() => "four", { ChecksumAlgorithm: "SHA256" }),
  ),
  of(
    "ChecksumAlgorithm SHA256, three parts",
    body(() => TEXT, { ChecksumAlgorithm: "SHA256" }),
  ),
  of(
    "ChecksumAlgorithm CRC32C, three parts",
    body(() => TEXT, { ChecksumAlgorithm: "CRC32C" }),
  ),
  of(
    "the digests of a body of one part",
    body(() => TEXT.slice(0, 4), {
      ContentMD5: createHash("md5").update("twel").digest("base64"),
      ChecksumSHA256: createHash("sha256").update("twel").digest("base64"),
    }),
  ),
  of(
    "ContentLength of a stream, one part",
    body(() => chunks("fo", "ur"), { ContentLength: 4 }),
  ),
  of(
    "ContentLength of a stream, three parts",
    body(() => chunks("twelve ", "bytes"), { ContentLength: 12 }),
  ),
  of(
    "MpuObjectSize, three parts",
    body(() => TEXT, { MpuObjectSize: 12 }),
  ),
  of(
    "tags, one part",
    body(() => "four", {}, { tags: TAGS }),
  ),
  of(
    "tags, three parts, all params",
    body(() => TEXT, EVERYTHING, { tags: TAGS }),
  ),
  of("a client with checksums only where they are required", {
    ...body(() => TEXT),
    client: (s3) => s3.client({ requestChecksumCalculation: "WHEN_REQUIRED" }),
  }),
  of(
    "a queue of 0, which is one of 4",
    body(() => TEXT, {}, { queueSize: 0 }),
  ),
  of(
    "one part at a time",
    body(() => TEXT, {}, { queueSize: 1 }),
  ),
  of(
    "larger parts",
    body(() => TEXT, {}, { partSize: 7 }),
  ),
];

const located = (title: string, params: Partial<Options["params"]>, client: Play["client"]): Scenario =>
  of(`Location: ${title}`, { ...body(() => "four", params), ...(client && { client }) });

const LOCATIONS: readonly Scenario[] = [
  located("a key with slashes and other signs", { Key: "/a b/ü+(1)*.txt" }, undefined),
  located("a bucket with dots", { Bucket: "a.b.c" }, undefined),
  located("an access point", { Bucket: "arn:aws:s3:eu-central-1:111122223333:accesspoint/there" }, (s3) =>
    s3.client({ useArnRegion: true }),
  ),
  located("path style", {}, (s3) => s3.client({ forcePathStyle: true })),
  located("a dual-stack endpoint", {}, (s3) => s3.client({ useDualstackEndpoint: true })),
  located("a FIPS endpoint", {}, (s3) => s3.client({ useFipsEndpoint: true, region: "us-east-1" })),
  located("an accelerated endpoint", {}, (s3) => s3.client({ useAccelerateEndpoint: true })),
  located("us-east-1", {}, (s3) => s3.client({ region: "us-east-1" })),
  located("an endpoint of one's own", {}, (s3) => s3.client({ endpoint: "http://localhost:9000" })),
  located("an endpoint of one's own, path style", {}, (s3) =>
    s3.client({ endpoint: "http://localhost:9000", forcePathStyle: true }),
  ),
];

const refused = (title: string, options: Partial<Options>): Scenario =>
  of(title, { options: () => ({ params: { ...place, Body: "x" }, ...options }) as Partial<Options> });

const FAILURES: readonly Scenario[] = [
  refused("no params", { params: undefined as unknown as Options["params"] }),
  refused("no client", { client: undefined as unknown as Options["client"] }),
  refused("a part size that is too small", { partSize: 3 }),
  refused("a queue of less than one", { queueSize: -1 }),
  of(
    "a body that is no body",
    body(() => 5 as unknown as string),
  ),
  of(
    "an ArrayBuffer",
    body(() => new ArrayBuffer(3) as unknown as string),
  ),
  of("PutObject is refused", { ...body(() => "four"), ...fails("PutObject") }),
  of("CreateMultipartUpload is refused", { ...body(() => TEXT), ...fails("CreateMultipartUpload") }),
  of("the last part is refused", { ...body(() => TEXT, {}, { queueSize: 1 }), ...fails("UploadPart", 3) }),
  of("the last part is refused, with leavePartsOnError", {
    ...body(() => TEXT, {}, { queueSize: 1, leavePartsOnError: true }),
    ...fails("UploadPart", 3),
  }),
  of("CompleteMultipartUpload is refused", { ...body(() => TEXT), ...fails("CompleteMultipartUpload") }),
  of("PutObjectTagging is refused", {
    ...body(() => "four", {}, { tags: TAGS }),
    ...fails("PutObjectTagging"),
  }),
  of("an answer to UploadPart without an ETag", {
    ...body(() => TEXT, {}, { queueSize: 1 }),
    twist: () => (call) => (call.part === 3 ? {} : undefined),
  }),
  of(
    "a source that fails",
    body(() =>
      Readable.from(
        (async function* () {
          yield Buffer.from("fo");
          throw new Error("the disk is gone");
        })(),
      ),
    ),
  ),
  of(
    "a file that does not exist",
    body(() => createReadStream(join(DIRECTORY, "missing"))),
  ),
  of(
    "`Body.length` of a stream that takes fewer parts",
    body(() => Object.assign(chunks(TEXT), { length: 99 }), {}, { partSize: 7 }),
  ),
  of("done() for the second time", { ...body(() => "four"), during: (upload) => void upload.done() }),
  of("abort() before done()", { ...body(() => TEXT), during: (upload) => void upload.abort() }),
  of("an abortController that has aborted", {
    options: () => {
      const abortController = new AbortController();
      abortController.abort(new Error("no time"));
      return { params: { ...place, Body: TEXT }, abortController };
    },
  }),
  of("a listener that throws", {
    ...body(() => TEXT, {}, { queueSize: 1 }),
    during: (upload) =>
      void upload.on("httpUploadProgress", ({ part }) => {
        if (part === 3) throw new Error("the display is full");
      }),
  }),
];

/** What a caller of lib-storage sees no difference in, when it works and when it does not. */
export const SAME = { resolved: [...BODIES, ...PARAMS, ...LOCATIONS], rejected: FAILURES };
