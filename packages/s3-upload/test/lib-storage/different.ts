import { Readable } from "node:stream";
import { body, chunks, digest, fails, fileStream, place, type Scenario, TAGS, TEXT } from "./same.js";
import { LOSE, s3Error } from "./scripted-s3.js";
import { type AnyUpload, type Outcome, operations, type Play } from "./uploads.js";

/** Where lib-storage is wrong, and the drop-in does something else. */
export interface Difference extends Scenario {
  readonly there: string;
  readonly here: string;
  /** It never ends there. */
  readonly hangs?: true;
  /** Whether an outcome is the one described as `here`. */
  readonly isHere: (outcome: Outcome) => boolean;
}

const row = (
  title: string,
  there: string,
  here: string,
  scene: Play,
  isHere: Difference["isHere"],
  hangs?: true,
): Difference => ({ title, there, here, ...scene, isHere, ...(hangs && { hangs }) });

const never = () => new Promise<never>(() => undefined);

/** A stream that has two parts, and then nothing, not even an end. */
const stalled = () =>
  new Readable({
    read() {
      if (this.readableLength === 0) this.push(Buffer.from("twoparts+"));
      this._read = () => undefined;
    },
  });

const stalledWeb = (note: (text: string) => void) => {
  let given = false;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (given) return never();
      given = true;
      return controller.enqueue(Buffer.from("twoparts+"));
    },
    cancel: () => note("the source was cancelled"),
  });
};

const published = ({ result, published, left }: Outcome, text: string) =>
  result !== undefined && published.join() === text && left === 0;
const refused = ({ error, published, left }: Outcome, message: RegExp) =>
  message.test(error?.message ?? "") && published.length === 0 && left === 0;
const headers = (outcome: Outcome, operation: string) =>
  outcome.calls.filter((call) => call.operation === operation).map((call) => call.headers);

function abortedWithAllPartsOnTheirWay(): Play {
  let upload: AnyUpload | undefined;
  return {
    ...body(() => TEXT),
    during: (made) => {
      upload = made;
    },
    twist: (note) => (call, signal) => {
      if (call.operation !== "UploadPart") return undefined;
      if (call.part === 3) void upload?.abort();
      return new Promise((_resolve, reject) => {
        const tear = () => {
          if (call.part === 1) note("the request was torn down");
          reject(Object.assign(new Error("Request aborted"), { name: "AbortError" }));
        };
        if (signal?.aborted) tear();
        else signal?.addEventListener("abort", tear);
      });
    },
  };
}

/** The ten faults of lib-storage that are known best, and some more. */
export const DIFFERENT: readonly Difference[] = [
  row(
    "`createReadStream(file, { start: 2 })`",
    "the part size becomes Infinity, and the whole file is buffered",
    "three parts of the bytes from there on",
    body(() => fileStream({ start: 2 })),
    (outcome) => published(outcome, TEXT.slice(2)) && operations(outcome).includes("UploadPart"),
  ),
  row(
    "`createReadStream(file, { end: 5 })`",
    "rejected, because the parts are counted by the size of the whole file",
    "two parts",
    body(() => fileStream({ end: 5 })),
    (outcome) => published(outcome, TEXT.slice(0, 6)),
  ),
  row(
    "a part fails while the source stalls",
    "`done()` never settles, nothing is aborted, and the source stays open",
    "rejected with the failure, aborted, and the source destroyed",
    {
      options: (note) => {
        const Body = stalled().on("close", () => note("the source was closed"));
        return { params: { ...place, Body } };
      },
      ...fails("UploadPart", 1),
    },
    (outcome) => refused(outcome, /AccessDenied/) && outcome.notes.length === 1,
    true,
  ),
  row(
    "`abort()` while the source stalls",
    "the multipart upload stays open on the server",
    "aborted",
    {
      options: () => ({ params: { ...place, Body: stalled() } }),
      during: (upload) => void upload.on("httpUploadProgress", () => void upload.abort()),
    },
    (outcome) => refused(outcome, /^Upload aborted\.$/),
  ),
  row(
    "`abort()` in the middle of a part",
    "the part is sent to its end, and the multipart upload stays open",
    "the request is torn down, and the multipart upload aborted",
    abortedWithAllPartsOnTheirWay(),
    (outcome) => refused(outcome, /^Upload aborted\.$/) && outcome.notes.length === 1,
  ),
  row(
    "a part fails, and the body is a web stream",
    "`cancel()` is never called",
    "cancelled",
    {
      options: (note) => ({ params: { ...place, Body: stalledWeb(note) } }),
      ...fails("UploadPart", 1),
    },
    (outcome) => refused(outcome, /AccessDenied/) && outcome.notes.length === 1,
    true,
  ),
  row(
    "a second `.on(…)` with another event name",
    "progress goes to that listener, and no more to the first",
    "progress is `httpUploadProgress`",
    {
      ...body(() => "four"),
      during: (upload, note) =>
        void upload.on("end" as "httpUploadProgress", () => note("progress came as another event")),
    },
    (outcome) => outcome.events.length === 1 && outcome.notes.length === 0,
  ),
  row(
    "`addListener`, `prependListener`",
    "hear nothing, unless somebody else uses `on`",
    "hear the progress",
    {
      ...body(() => "four"),
      during: (upload, note) => {
        upload.removeAllListeners();
        Reflect.set(upload, "uploadEvent", undefined);
        upload.addListener("httpUploadProgress", () => note("progress"));
      },
    },
    (outcome) => outcome.notes.length === 1,
  ),
  row(
    "the MD5 or SHA-256 of the whole body",
    "sent with every part and with Complete, where it is wrong",
    "compared before Complete; no part carries it",
    body(() => TEXT, { ContentMD5: digest("md5"), ChecksumSHA256: digest("sha256") }),
    (outcome) =>
      published(outcome, TEXT) &&
      headers(outcome, "UploadPart").every(
        (part) => !("content-md5" in part || "x-amz-checksum-sha256" in part),
      ),
  ),
  row(
    "the SHA-256 of another body",
    "sent with every part and with Complete",
    "rejected before Complete, nothing is published",
    body(() => `${TEXT}?`, { ChecksumSHA256: digest("sha256") }),
    (outcome) => refused(outcome, /^BadDigest: the body's ChecksumSHA256 is .+ was announced$/),
  ),
  row(
    "ContentMD5 and tags",
    "the object's MD5 is sent with the tags",
    "the tags are sent with a digest of their own",
    body(() => TEXT.slice(0, 4), { ContentMD5: "lP9pMfRTkXtA0Cxj2MMqXw==" }, { tags: TAGS }),
    (outcome) => headers(outcome, "PutObjectTagging").every((tagging) => !("content-md5" in tagging)),
  ),
  row(
    "the caller's `signal.onabort`",
    "overwritten",
    "called",
    {
      options: (note) => {
        const abortController = new AbortController();
        abortController.signal.onabort = () => note("heard");
        return { params: { ...place, Body: stalled() }, abortController };
      },
      during: (upload) => void upload.on("httpUploadProgress", () => void upload.abort()),
    },
    (outcome) => outcome.notes.join() === "heard",
  ),
  row(
    "an async iterable",
    "rejected",
    "uploaded",
    body(async function* () {
      yield Buffer.from("twelve ");
      yield "bytes";
    }),
    (outcome) => published(outcome, TEXT),
  ),
  row(
    "an array of chunks",
    "rejected",
    "uploaded",
    body(() => [Buffer.from("twelve "), Buffer.from("bytes")]),
    (outcome) => published(outcome, TEXT),
  ),
  row(
    "no body",
    "a TypeError about `stream` of undefined",
    "told that it is no body",
    body(() => undefined),
    (outcome) => refused(outcome, /^Body Data is unsupported format/),
  ),
  row(
    "part 10,001 (here 6, of 5)",
    "sent before the error",
    "refused before it is sent",
    body(() => chunks("x".repeat(29)), {}, { queueSize: 1 }),
    (outcome) =>
      refused(outcome, /^Exceeded 5 parts in multipart upload to Bucket: bucket Key: a\/b\.$/) &&
      headers(outcome, "UploadPart").length <= 5,
  ),
  row(
    "a ContentLength that is wrong",
    "published, if the number of parts is right",
    "rejected, nothing is published",
    body(() => chunks("twelve ", "byte"), { ContentLength: 12 }),
    (outcome) => refused(outcome, /^a body of 12 bytes was declared, but it has 11$/),
  ),
  row(
    "a Readable that was read to its end before",
    "published as an empty object",
    "refused",
    {
      options: async () => {
        const Body = chunks(TEXT);
        for await (const _ of Body);
        return { params: { ...place, Body } };
      },
    },
    (outcome) => refused(outcome, /a Readable that is destroyed or read already/),
  ),
  row(
    "a part fails, and so does the abort",
    "the abort's failure hides the part's",
    "the part's failure; the abort's is in `alsoFailed`",
    {
      ...body(() => TEXT, {}, { queueSize: 1 }),
      twist: () => (call) => {
        if (call.operation === "UploadPart") return s3Error(403, "AccessDenied");
        return call.operation === "AbortMultipartUpload" ? s3Error(405, "MethodNotAllowed") : undefined;
      },
    },
    ({ error, left }) => error?.name === "AccessDenied" && left === 1,
  ),
  row(
    "an abort in a bucket whose requester pays",
    "without RequestPayer and ExpectedBucketOwner, so it is refused",
    "with them",
    {
      ...body(
        () => TEXT,
        { RequestPayer: "requester", ExpectedBucketOwner: "111122223333" },
        { queueSize: 1 },
      ),
      ...fails("UploadPart", 3),
    },
    (outcome) => headers(outcome, "AbortMultipartUpload")[0]?.["x-amz-request-payer"] === "requester",
  ),
  row(
    "the answer to Complete is lost, and the SDK's second try says NoSuchUpload",
    "rejected, although the object is there",
    "resolved by looking at the object",
    {
      ...body(() => TEXT),
      client: (s3) => s3.client({ maxAttempts: 2 }),
      twist: () => {
        let lost = false;
        return ({ operation }) => {
          if (operation !== "CompleteMultipartUpload") return undefined;
          if (lost) return s3Error(404, "NoSuchUpload");
          lost = true;
          return LOSE;
        };
      },
    },
    (outcome) => published(outcome, TEXT),
  ),
  row(
    "ChecksumAlgorithm CRC64NVME",
    "Complete is not told the parts' checksums",
    "it is",
    body(() => TEXT, { ChecksumAlgorithm: "CRC64NVME" }),
    ({ calls }) => /ChecksumCRC64NVME/.test(calls.at(-1)?.body ?? ""),
  ),
];
