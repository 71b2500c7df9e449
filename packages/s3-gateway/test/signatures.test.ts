import { MemoryStore } from "@sluice/object-store";
import { type Credentials, createGateway } from "@sluice/s3-gateway";
import { MemoryBudget } from "@sluice/semaphore";
import { AwsClient } from "aws4fetch";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

// The examples of Amazon's own documentation of signature version 4 for S3.
const KEYS = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const SCOPE = `${KEYS.accessKeyId}/20130524/us-east-1/s3/aws4_request`;
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

function gatewayWith(
  lookup: (id: string) => Credentials | undefined | Promise<Credentials | undefined>,
  region?: string,
) {
  const store = new MemoryStore();
  const budget = new MemoryBudget("16MiB");
  return { store, gateway: createGateway({ store, budget, authenticate: lookup, region }) };
}
const lookup = (id: string) => (id === KEYS.accessKeyId ? KEYS : undefined);

async function codeOf(response: Response): Promise<string | undefined> {
  return /<Code>(.*?)<\/Code>/.exec(await response.text())?.[1];
}

describe("the examples of Amazon's documentation", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2013, 4, 24) });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const ask = (url: string, headers: Record<string, string>, authorization: string) =>
    new Request(url, { headers: { ...headers, authorization: `AWS4-HMAC-SHA256 ${authorization}` } });

  // The path is taken for a bucket, which is let through by the signature and then not found.
  it("verify for a GET with a range", async () => {
    const { gateway } = gatewayWith(lookup);
    const headers = { range: "bytes=0-9", "x-amz-content-sha256": EMPTY, "x-amz-date": "20130524T000000Z" };
    const make = (signature: string, more = {}) =>
      ask(
        "https://examplebucket.s3.amazonaws.com/test.txt",
        { ...headers, ...more },
        `Credential=${SCOPE},SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=${signature}`,
      );
    const good = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    expect(await codeOf(await gateway.fetch(make(good)))).toBe("NoSuchBucket");
    expect(await codeOf(await gateway.fetch(make(good, { range: "bytes=0-8" })))).toBe(
      "SignatureDoesNotMatch",
    );
    expect(await codeOf(await gateway.fetch(make(good.replace("f0", "f1"))))).toBe("SignatureDoesNotMatch");
  });

  it("verify for a presigned URL, until it has expired", async () => {
    const { gateway } = gatewayWith(lookup);
    const query = (signature: string) =>
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request" +
      `&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=${signature}`;
    const good = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    const get = (signature: string) =>
      gateway.fetch(new Request(`https://examplebucket.s3.amazonaws.com/test.txt?${query(signature)}`));
    expect(await codeOf(await get(good))).toBe("NoSuchBucket");
    expect(await codeOf(await get(good.replace("a", "b")))).toBe("SignatureDoesNotMatch");
    vi.setSystemTime(Date.UTC(2013, 4, 25, 0, 0, 1));
    expect(await codeOf(await get(good))).toBe("AccessDenied");
  });
});

describe("a signature", () => {
  const client = new AwsClient({ ...KEYS, service: "s3", region: "eu-west-1" });
  const url = "http://localhost:9000/books/k";

  async function signed(change: (headers: Headers) => void = () => {}, target = url): Promise<Request> {
    const { url: own, headers } = await client.sign(url, { headers: { "x-amz-content-sha256": EMPTY } });
    change(headers);
    return new Request(target === url ? own : target, { headers });
  }
  const refusal = async (request: Request, region?: string) =>
    codeOf(await gatewayWith(lookup, region).gateway.fetch(request));

  it("is good for what was signed, in any region unless one is demanded", async () => {
    expect(await refusal(await signed())).toBe("NoSuchBucket");
    expect(await refusal(await signed(), "eu-west-1")).toBe("NoSuchBucket");
    expect(await refusal(await signed(), "us-east-1")).toBe("AuthorizationHeaderMalformed");
  });

  it("is good for nothing else", async () => {
    expect(await refusal(await signed(undefined, "http://localhost:9000/books/other"))).toBe(
      "SignatureDoesNotMatch",
    );
    expect(await refusal(await signed(undefined, "http://elsewhere:9000/books/k"))).toBe(
      "SignatureDoesNotMatch",
    );
    expect(await refusal(await signed(undefined, `${url}?versionId=1`))).toBe("SignatureDoesNotMatch");
    expect(
      await refusal(await signed((headers) => headers.set("x-amz-content-sha256", "0".repeat(64)))),
    ).toBe("SignatureDoesNotMatch");
  });

  it("must cover every x-amz- header", async () => {
    const added = await signed((headers) => headers.set("x-amz-checksum-mode", "ENABLED"));
    expect(await refusal(added)).toBe("AccessDenied");
  });

  it.each([
    ["AWS AKIAIOSFODNN7EXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=", "InvalidRequest"],
    ["AWS4-ECDSA-P256-SHA256 Credential=a/20130524/s3/aws4_request", "InvalidRequest"],
    ["Bearer abc", "InvalidRequest"],
    ["AWS4-HMAC-SHA256", "AuthorizationHeaderMalformed"],
    ["AWS4-HMAC-SHA256 Credential=a/b/c", "AuthorizationHeaderMalformed"],
    [`AWS4-HMAC-SHA256 Credential=${SCOPE},SignedHeaders=host,Signature=zz`, "AuthorizationHeaderMalformed"],
    [
      `AWS4-HMAC-SHA256 Credential=${SCOPE},SignedHeaders=//host;host,Signature=${"0".repeat(64)}`,
      "AuthorizationHeaderMalformed",
    ],
    [
      `AWS4-HMAC-SHA256 Credential=${SCOPE.replace("s3", "ec2")},SignedHeaders=host`,
      "AuthorizationHeaderMalformed",
    ],
  ])("of the form %s is refused with %s", async (authorization, code) => {
    expect(await refusal(await signed((headers) => headers.set("authorization", authorization)))).toBe(code);
  });

  it("may not come in the header and in the query", async () => {
    const both = await signed(undefined, `${url}?X-Amz-Signature=${"0".repeat(64)}`);
    expect(await refusal(both)).toBe("InvalidArgument");
  });

  it("of SigV2 in the query is refused", async () => {
    const request = new Request(`${url}?AWSAccessKeyId=a&Signature=b&Expires=1`);
    expect(await refusal(request)).toBe("InvalidRequest");
  });

  it("is looked at with the secret of today", async () => {
    let secretAccessKey = KEYS.secretAccessKey;
    const { gateway } = gatewayWith(() => ({ secretAccessKey }));
    expect(await codeOf(await gateway.fetch(await signed()))).toBe("NoSuchBucket");
    secretAccessKey = "changed";
    expect(await codeOf(await gateway.fetch(await signed()))).toBe("SignatureDoesNotMatch");
  });

  it("of expired or temporary credentials needs their token, and their time", async () => {
    const { gateway } = gatewayWith(() => ({ ...KEYS, sessionToken: "token" }));
    expect(await codeOf(await gateway.fetch(await signed()))).toBe("InvalidToken");
    const { gateway: late } = gatewayWith(() => ({ ...KEYS, expires: new Date(0) }));
    expect(await codeOf(await late.fetch(await signed()))).toBe("ExpiredToken");
  });

  it("in a URL lets somebody without keys write one object, and not change the URL", async () => {
    const { gateway, store } = gatewayWith(lookup);
    await store.buckets.create("books");
    const target = new URL("http://localhost:9000/books/a%20b%2Bc(1)*?X-Amz-Expires=60");
    const { url: presigned } = await client.sign(target, { method: "PUT", aws: { signQuery: true } });
    const put = (to: string, more: Record<string, string> = {}) =>
      gateway.fetch(
        new Request(to, { method: "PUT", body: "hello", headers: { "content-length": "5", ...more } }),
      );
    expect((await put(presigned)).status).toBe(200);
    expect((await store.list("books")).objects.map(({ size }) => size)).toEqual([5]);
    expect(await codeOf(await put(presigned.replace("/books/a", "/books/b")))).toBe("SignatureDoesNotMatch");
    expect(await codeOf(await put(presigned.replace("Expires=60", "Expires=600")))).toBe(
      "SignatureDoesNotMatch",
    );
    expect(await codeOf(await put(presigned, { "x-amz-meta-a": "added" }))).toBe("AccessDenied");
    expect(await codeOf(await put(`${presigned}&X-Amz-Content-Sha256=${EMPTY}`))).toBe("NotImplemented");
  });

  it("does not make one request wait for another's credentials", async () => {
    let answer: (found: Credentials) => void = () => {};
    const { gateway } = gatewayWith((id) =>
      id === "SLOW" ? new Promise((resolve) => (answer = resolve)) : Promise.resolve(KEYS),
    );
    const slow = new AwsClient({ ...KEYS, accessKeyId: "SLOW", service: "s3" });
    const waiting = gateway.fetch(await slow.sign(url, { headers: { "x-amz-content-sha256": EMPTY } }));
    expect(await codeOf(await gateway.fetch(await signed()))).toBe("NoSuchBucket");
    answer(KEYS);
    expect(await codeOf(await waiting)).toBe("NoSuchBucket");
  });

  it("never lets a secret into an answer", async () => {
    const { gateway } = gatewayWith(() => {
      throw new Error(`the vault with ${KEYS.secretAccessKey} is closed`);
    });
    const response = await gateway.fetch(await signed());
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).toContain("<Code>InternalError</Code>");
    expect(text).not.toContain(KEYS.secretAccessKey);
  });
});
