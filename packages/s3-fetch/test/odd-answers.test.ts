import { fetchStore } from "@sluice/s3-fetch";
import { describe, expect, test } from "vitest";
import { failureOf } from "./recorder.js";
import { recordingFetch, refusal } from "./recording-fetch.js";

const at = { bucket: "b", key: "k" };
const subject = (answer: () => Response) =>
  fetchStore({
    region: "us-east-1",
    credentials: { accessKeyId: "A", secretAccessKey: "B" },
    fetch: recordingFetch(answer).fetch,
  });

/** A body that tells how much of it was read, and whether it was cancelled. */
function endless(chunk: string) {
  const state = { pulls: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        state.pulls++;
        controller.enqueue(new TextEncoder().encode(chunk));
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { state, body };
}

describe("an answer", () => {
  test("that never ends is read to a limit, and then cancelled", async () => {
    const chunk = " ".repeat(32 * 1024);
    const error = endless(chunk);
    expect(await failureOf(subject(() => new Response(error.body, { status: 503 })).get(at))).toMatchObject({
      code: "SlowDown",
      retryable: true,
    });
    expect(error.state).toEqual({ pulls: 3, cancelled: true });
    const listing = endless(chunk);
    const failure = await failureOf(subject(() => new Response(listing.body)).list("b"));
    expect(failure).toMatchObject({ code: "InternalError", status: 200, retryable: true });
    expect(failure.message).toContain("more than 8388608 bytes");
    expect(listing.state).toEqual({ pulls: 257, cancelled: true });
  });

  test("with the tree of a whole forest in it is not parsed", async () => {
    const forest = `<ListBucketResult>${"<a/>".repeat(150_000)}</ListBucketResult>`;
    expect((await failureOf(subject(() => new Response(forest)).list("b"))).code).toBe("InternalError");
  });

  test("that begins or goes on with white space is read behind it", async () => {
    const text = `\n \n<?xml version="1.0"?>\n   <CompleteMultipartUploadResult>  \n<ETag>"e-1"</ETag></CompleteMultipartUploadResult>\n`;
    const done = subject(() => new Response(text)).completeMultipart({ ...at, uploadId: "u" }, [
      { partNumber: 1, etag: "e" },
    ]);
    expect((await done).etag).toBe('"e-1"');
  });

  test("of 200 that turns into an error tells what the error says", async () => {
    const late = () =>
      new Response(
        "\n\n<Error><Code>SlowDown</Code><Message>later</Message><RequestId>r-1</RequestId></Error>",
      );
    const store = subject(late);
    const parts = [{ partNumber: 1, etag: "e" }];
    for (const request of [
      () => store.completeMultipart({ ...at, uploadId: "u" }, parts),
      () => store.copy(at, { ...at, key: "l" }),
      () => store.copyPart({ ...at, uploadId: "u" }, 1, at),
    ]) {
      expect(await failureOf(request())).toMatchObject({
        code: "SlowDown",
        status: 200,
        retryable: true,
        requestId: "r-1",
      });
    }
  });

  test.each([
    "",
    "<html><body>ok</body></html>",
    "<Other/>",
    '<!DOCTYPE a [<!ENTITY b "c">]><ListBucketResult/>',
  ])("of 200 without what was asked for has done nothing for certain: %j", async (text) => {
    expect(await failureOf(subject(() => new Response(text)).list("b"))).toMatchObject({
      code: "InternalError",
      status: 200,
      retryable: true,
    });
  });

  test("whose clean end comes too early is an error, also where fetch does not notice", async () => {
    const short = () => new Response("abc", { headers: { "content-length": "5" } });
    const { body } = await subject(short).get(at);
    expect(await failureOf(new Response(body).text())).toMatchObject({
      code: "NetworkError",
      retryable: true,
    });
    const long = () => new Response("abcdef", { headers: { "content-length": "5" } });
    expect((await failureOf(new Response((await subject(long).get(at)).body).text())).code).toBe(
      "NetworkError",
    );
  });

  test.each([
    ["list", "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"],
    [
      "listMultiparts",
      "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated></ListMultipartUploadsResult>",
    ],
  ] as const)(
    "to %s that has more but does not say where it goes on is no last page, and no first one",
    async (ask, page) => {
      expect(await failureOf(subject(() => new Response(page))[ask]("b"))).toMatchObject({
        code: "InternalError",
      });
    },
  );

  test("to a listing of parts that has more but does not say where is no last page", async () => {
    const page = "<ListPartsResult><IsTruncated>true</IsTruncated></ListPartsResult>";
    const parts = subject(() => new Response(page)).listParts({ ...at, uploadId: "u" });
    expect((await failureOf(parts)).code).toBe("InternalError");
  });

  test("to a listing of buckets that goes on where it began does not go on for ever", async () => {
    const page = `<ListAllMyBucketsResult><Buckets><Bucket><Name>a</Name></Bucket></Buckets><ContinuationToken>t</ContinuationToken></ListAllMyBucketsResult>`;
    expect((await failureOf(subject(() => new Response(page)).buckets!.list())).code).toBe("InternalError");
  });

  test("that fetch has decoded is not given out as the object's bytes", async () => {
    const encoded = () =>
      new Response("abc", { headers: { "content-length": "23", "content-encoding": "gzip" } });
    expect(await failureOf(subject(encoded).get(at))).toMatchObject({
      code: "NotImplemented",
      retryable: false,
    });
    expect((await subject(encoded).head(at)).contentEncoding).toBe("gzip");
  });

  test("without a length, or with a key that is encoded wrongly, is the store's error", async () => {
    const unsized = () => new Response("abc", { headers: { "content-length": "many" } });
    expect((await failureOf(subject(unsized).get(at))).code).toBe("InternalError");
    const listed =
      "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>%E0%A4</Key></Contents></ListBucketResult>";
    expect((await failureOf(subject(() => new Response(listed)).list("b"))).code).toBe("InternalError");
  });

  test("of a redirect is not followed, and says where it comes from", async () => {
    const elsewhere = () => refusal(301, "PermanentRedirect", { location: "https://elsewhere.local/" });
    expect(await failureOf(subject(elsewhere).get(at))).toMatchObject({
      code: "PermanentRedirect",
      status: 301,
      retryable: false,
    });
    const followed = () => {
      throw new TypeError("fetch failed", { cause: new Error("unexpected redirect") });
    };
    expect(await failureOf(subject(followed).get(at))).toMatchObject({
      code: "TemporaryRedirect",
      retryable: false,
      message:
        "TemporaryRedirect: https://s3.us-east-1.amazonaws.com sends to another endpoint, perhaps to that of another region than us-east-1",
    });
  });

  test.each([
    [301, "PermanentRedirect", { "x-amz-bucket-region": "eu-west-3" }, ""],
    [400, "AuthorizationHeaderMalformed", {}, "<Region>eu-west-3</Region>"],
  ])("of %i %s names the region that the bucket is in", async (status, code, headers, more) => {
    const error = await failureOf(subject(() => refusal(status, code, headers, more)).get(at));
    expect(error).toMatchObject({ code, status, retryable: false });
    expect(error.message).toBe(`${code}: about ${code}; the bucket is in eu-west-3, not in us-east-1`);
  });

  test("without a body names the region that the bucket is in, if it is another one", async () => {
    const silent = (region: string) => () =>
      new Response(null, { status: 400, headers: { "x-amz-bucket-region": region } });
    expect((await failureOf(subject(silent("eu-west-3")).head(at))).message).toBe(
      "InvalidRequest: the store answered 400 and said no more; the bucket is in eu-west-3, not in us-east-1",
    );
    expect((await failureOf(subject(silent("us-east-1")).head(at))).message).not.toContain("the bucket");
    // Whoever it is that answers, what is named is short.
    expect((await failureOf(subject(silent("x y".repeat(50))).head(at))).message).not.toContain("the bucket");
  });

  test("of a redirect names the host that it leads to, and nothing of what may be secret there", async () => {
    const portal = () =>
      new Response("<html>", {
        status: 302,
        headers: { location: "https://login.local:8443/in?token=secret" },
      });
    expect(await failureOf(subject(portal).put(at, new Uint8Array(1)))).toMatchObject({
      code: "InvalidRequest",
      status: 302,
      message:
        "InvalidRequest: the store answered 302 and said no more; it sends to https://login.local:8443",
    });
  });

  test("with a message of any length makes an error of a bounded one", async () => {
    const wordy = () =>
      new Response(`<Error><Code>A</Code><Message>${"x".repeat(60_000)}</Message></Error>`, { status: 400 });
    expect((await failureOf(subject(wordy).get(at))).message.length).toBeLessThan(1100);
  });
});
