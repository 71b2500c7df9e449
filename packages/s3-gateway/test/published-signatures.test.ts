import { MemoryStore } from "@sluice/object-store";
import { type Credentials, createGateway } from "@sluice/s3-gateway";
import { MemoryBudget } from "@sluice/semaphore";
import { AwsClient } from "aws4fetch";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { authenticate } from "../src/auth/authenticate.js";
import { SigningKeys } from "../src/auth/signing-key.js";
import { readPayload } from "../src/body/payload.js";
import { VerifiedBody } from "../src/body/verified-body.js";
import { parseTarget } from "../src/protocol/target.js";
import { KEYS } from "./signing.js";

// The examples that Amazon has published of signature version 4 for S3, at the time at which they were signed.

const SIGNED_AT = Date.UTC(2013, 4, 24);
const SCOPE = `${KEYS.accessKeyId}/20130524/us-east-1/s3/aws4_request`;
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const HOST = "https://examplebucket.s3.amazonaws.com";
const lookup = (id: string): Credentials | undefined => (id === KEYS.accessKeyId ? KEYS : undefined);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: SIGNED_AT });
});
afterEach(() => {
  vi.useRealTimers();
});

const codeOf = (text: string) => /<Code>(.*?)<\/Code>/.exec(text)?.[1];
const streamOf = (text: string) => new Response(text).body!;

/** Who sent this, as far as its signature tells. */
async function caller(method: string, url: string, headers: Readonly<Record<string, string>>) {
  const request = new Request(url, { method, headers });
  const { query } = parseTarget(new URL(url), ["s3.amazonaws.com"]);
  const settings = { lookup, region: "us-east-1", keys: new SigningKeys() };
  return authenticate(settings, request, new URL(url), query);
}

const authorization = (names: string, signature: string) =>
  `AWS4-HMAC-SHA256 Credential=${SCOPE},SignedHeaders=${names},Signature=${signature}`;

describe("the published examples", () => {
  const date = { "x-amz-date": "20130524T000000Z" };
  const examples: readonly [string, string, string, Readonly<Record<string, string>>, string, string][] = [
    [
      "GET of an object with a range",
      "GET",
      `${HOST}/test.txt`,
      { ...date, range: "bytes=0-9", "x-amz-content-sha256": EMPTY },
      "host;range;x-amz-content-sha256;x-amz-date",
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ],
    [
      "PUT of an object",
      "PUT",
      `${HOST}/test$file.text`,
      {
        ...date,
        date: "Fri, 24 May 2013 00:00:00 GMT",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
      },
      "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ],
    [
      "GET of a bucket's lifecycle",
      "GET",
      `${HOST}/?lifecycle`,
      { ...date, "x-amz-content-sha256": EMPTY },
      "host;x-amz-content-sha256;x-amz-date",
      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ],
    [
      "GET of a listing",
      "GET",
      `${HOST}/?max-keys=2&prefix=J`,
      { ...date, "x-amz-content-sha256": EMPTY },
      "host;x-amz-content-sha256;x-amz-date",
      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ],
  ];

  it.each(examples)("verify: %s", async (_, method, url, headers, names, signature) => {
    const good = { ...headers, authorization: authorization(names, signature) };
    expect((await caller(method, url, good)).identity.accessKeyId).toBe(KEYS.accessKeyId);
    for (const name of names.split(";").filter((name) => name !== "host" && name !== "x-amz-date")) {
      const changed = { ...good, [name]: `${good[name as keyof typeof good]}1` };
      await expect(caller(method, url, changed)).rejects.toMatchObject({ code: "SignatureDoesNotMatch" });
    }
    const other = url.replace("examplebucket", "otherbucket");
    await expect(caller(method, other, good)).rejects.toMatchObject({ code: "SignatureDoesNotMatch" });
  });

  const chunked: readonly [string, Readonly<Record<string, string>>, string, readonly string[], string][] = [
    [
      "an upload in chunks",
      {
        "content-length": "66824",
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
      },
      "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
      [
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
      ],
      "",
    ],
    [
      "an upload in chunks with a trailer",
      {
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "x-amz-trailer": "x-amz-checksum-crc32c",
      },
      "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
      [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
      ],
      "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n",
    ],
  ];

  it.each(chunked)("verify: %s", async (_, mode, seed, signatures, trailer) => {
    const headers: Record<string, string> = {
      ...date,
      ...mode,
      "content-encoding": "aws-chunked",
      "x-amz-decoded-content-length": "66560",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
    };
    const names = ["host", ...Object.keys(headers)].sort().join(";");
    const url = "https://s3.amazonaws.com/examplebucket/chunkObject.txt";
    const { chain } = await caller("PUT", url, { ...headers, authorization: authorization(names, seed) });
    const chunk = (text: string, i: number) =>
      `${text.length.toString(16)};chunk-signature=${signatures[i]}\r\n${text}${text && "\r\n"}`;
    const wire = `${chunk("a".repeat(65_536), 0)}${chunk("a".repeat(1_024), 1)}${chunk("", 2)}${trailer}\r\n`;
    const read = async (text: string) => {
      const payload = readPayload(new Headers(headers));
      const options = { limit: 2 ** 20, idleTimeout: 60_000, chain };
      return new Response(new VerifiedBody(streamOf(text), payload, options).stream).text();
    };
    expect(await read(wire)).toBe("a".repeat(66_560));
    const trailerSignature = /signature:(.*)\r/.exec(trailer)?.slice(1) ?? [];
    for (const part of [...signatures, ...trailerSignature]) {
      const changed = part.startsWith("0") ? `1${part.slice(1)}` : `0${part.slice(1)}`;
      await expect(read(wire.replace(part, changed))).rejects.toMatchObject({
        code: "SignatureDoesNotMatch",
      });
    }
  });
});

describe("a gateway with Amazon's own domain", () => {
  const make = async () => {
    const store = new MemoryStore();
    await store.buckets.create("examplebucket");
    await store.put(
      { bucket: "examplebucket", key: "test.txt" },
      new TextEncoder().encode("Welcome to Amazon S3."),
    );
    const budget = new MemoryBudget("4MiB");
    return createGateway({ store, budget, authenticate: lookup, domain: "s3.amazonaws.com" });
  };
  const QUERY =
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";

  it("gives the ten bytes of the example", async () => {
    const headers = {
      range: "bytes=0-9",
      "x-amz-content-sha256": EMPTY,
      "x-amz-date": "20130524T000000Z",
      authorization: authorization(
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
      ),
    };
    const answer = await (await make()).fetch(new Request(`${HOST}/test.txt`, { headers }));
    expect([answer.status, await answer.text()]).toEqual([206, "Welcome to"]);
  });

  it("takes the presigned URL of the example from a quarter of an hour before its date until a day after", async () => {
    const gateway = await make();
    const get = async (now: number) => {
      vi.setSystemTime(now);
      const answer = await gateway.fetch(new Request(`${HOST}/test.txt?${QUERY}`));
      return codeOf(await answer.text()) ?? answer.status;
    };
    const day = 24 * 3_600_000;
    expect(await get(SIGNED_AT)).toBe(200);
    expect(await get(SIGNED_AT + day)).toBe(200);
    expect(await get(SIGNED_AT + day + 1)).toBe("AccessDenied");
    expect(await get(SIGNED_AT - 15 * 60_000)).toBe(200);
    expect(await get(SIGNED_AT - 15 * 60_000 - 1)).toBe("RequestTimeTooSkewed");
  });
});

describe("a presigned URL", () => {
  const client = new AwsClient({ ...KEYS, service: "s3", region: "us-east-1" });
  const presign = async (target = "http://localhost/box/k?X-Amz-Expires=60", method = "GET") =>
    new URL((await client.sign(target, { method, aws: { signQuery: true } })).url);

  async function ask(url: URL | string, init: RequestInit = {}) {
    const store = new MemoryStore();
    await store.buckets.create("box");
    await store.put({ bucket: "box", key: "k" }, new TextEncoder().encode("hello"));
    const gateway = createGateway({ store, budget: new MemoryBudget("4MiB"), authenticate: lookup });
    const answer = await gateway.fetch(new Request(url, init));
    return codeOf(await answer.text()) ?? answer.status;
  }

  it("is good as it is", async () => {
    expect(await ask(await presign())).toBe(200);
    expect(await ask(await presign(), { method: "HEAD" })).toBe(403);
  });

  it.each([
    ["X-Amz-Algorithm", "AWS4-HMAC-SHA1", "InvalidRequest"],
    ["X-Amz-Credential", `OTHER/20130524/us-east-1/s3/aws4_request`, "InvalidAccessKeyId"],
    ["X-Amz-Credential", `${KEYS.accessKeyId}/20130523/us-east-1/s3/aws4_request`, "AccessDenied"],
    ["X-Amz-Credential", `${KEYS.accessKeyId}/20130524/eu-west-1/s3/aws4_request`, "SignatureDoesNotMatch"],
    [
      "X-Amz-Credential",
      `${KEYS.accessKeyId}/20130524/us-east-1/ec2/aws4_request`,
      "AuthorizationQueryParametersError",
    ],
    ["X-Amz-Credential", KEYS.accessKeyId, "AuthorizationQueryParametersError"],
    ["X-Amz-Date", "20130524T000001Z", "SignatureDoesNotMatch"],
    ["X-Amz-Date", "yesterday", "AuthorizationQueryParametersError"],
    ["X-Amz-Expires", "61", "SignatureDoesNotMatch"],
    ["X-Amz-Expires", "0", "AuthorizationQueryParametersError"],
    ["X-Amz-Expires", "-1", "AuthorizationQueryParametersError"],
    ["X-Amz-Expires", "1e3", "AuthorizationQueryParametersError"],
    ["X-Amz-Expires", "604801", "AuthorizationQueryParametersError"],
    ["X-Amz-SignedHeaders", "", "AuthorizationQueryParametersError"],
    ["X-Amz-SignedHeaders", "date", "AccessDenied"],
    ["X-Amz-SignedHeaders", "date;host", "SignatureDoesNotMatch"],
    ["X-Amz-SignedHeaders", "host;date", "AuthorizationQueryParametersError"],
    ["X-Amz-SignedHeaders", "Host", "AuthorizationQueryParametersError"],
    ["X-Amz-Signature", "0".repeat(64), "SignatureDoesNotMatch"],
    ["X-Amz-Signature", "short", "AuthorizationQueryParametersError"],
    ["X-Amz-Security-Token", "token", "SignatureDoesNotMatch"],
    ["X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD", "SignatureDoesNotMatch"],
    ["X-Amz-Content-Sha256", EMPTY, "NotImplemented"],
    ["response-content-type", "text/html", "SignatureDoesNotMatch"],
    ["x-id", "GetObject", "SignatureDoesNotMatch"],
  ])("with another %s, of %s, is refused with %s", async (name, value, code) => {
    const url = await presign();
    url.searchParams.set(name, value);
    expect(await ask(url)).toBe(code);
  });

  it.each([
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
  ])("without %s, or with two of it, is refused", async (name) => {
    const url = await presign();
    const value = url.searchParams.get(name)!;
    url.searchParams.append(name, value);
    expect(await ask(url)).toBe("InvalidArgument");
    url.searchParams.delete(name);
    expect(await ask(url)).toBe("AuthorizationQueryParametersError");
  });

  it("of the longest time holds for seven days", async () => {
    const url = await presign("http://localhost/box/k?X-Amz-Expires=604800");
    vi.setSystemTime(SIGNED_AT + 604_800_000);
    expect(await ask(url)).toBe(200);
  });

  it("does not let headers in that it does not cover", async () => {
    const url = await presign("http://localhost/box/k?X-Amz-Expires=60", "PUT");
    const put = (more: Record<string, string>) =>
      ask(url, { method: "PUT", body: "hello", headers: { "content-length": "5", ...more } });
    expect(await put({})).toBe(200);
    expect(await put({ "x-amz-acl": "private" })).toBe("AccessDenied");
    expect(await put({ "x-amz-meta-a": "b" })).toBe("AccessDenied");
    expect(await put({ "x-amz-content-sha256": EMPTY })).toBe("AccessDenied");
  });
});

describe("other ways to sign are refused, and told apart:", () => {
  async function refusal(target: string, init: RequestInit = {}) {
    const store = new MemoryStore();
    const gateway = createGateway({ store, budget: new MemoryBudget("4MiB"), authenticate: lookup });
    const answer = await gateway.fetch(new Request(`http://localhost${target}`, init));
    const text = await answer.text();
    return [answer.status, codeOf(text), /<Message>(.*?)<\/Message>/.exec(text)?.[1]];
  }

  it("SigV2 in the header", async () => {
    const headers = { authorization: "AWS AKIAIOSFODNN7EXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=" };
    expect(await refusal("/box/k", { headers })).toEqual([
      400,
      "InvalidRequest",
      expect.stringContaining("SigV2"),
    ]);
  });

  it("SigV2 in the query", async () => {
    const target = "/box/k?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=1369353600&Signature=vjbyPxybdZaNmGa";
    expect(await refusal(target)).toEqual([400, "InvalidRequest", expect.stringContaining("SigV2")]);
  });

  it("SigV4A in the header", async () => {
    const headers = {
      authorization: `AWS4-ECDSA-P256-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/s3/aws4_request, SignedHeaders=host;x-amz-date;x-amz-region-set, Signature=3045`,
      "x-amz-region-set": "*",
    };
    expect(await refusal("/box/k", { headers })).toEqual([
      400,
      "InvalidRequest",
      expect.stringContaining("SigV4A"),
    ]);
  });

  it("SigV4A in the query", async () => {
    const query = [
      "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256",
      "X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fs3%2Faws4_request",
      "X-Amz-Region-Set=%2A",
      "X-Amz-Date=20130524T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=3045",
    ].join("&");
    expect(await refusal(`/box/k?${query}`)).toEqual([
      400,
      "InvalidRequest",
      expect.stringContaining("SigV4A"),
    ]);
  });

  it("a form of a browser", async () => {
    const body = new FormData();
    body.set("key", "k");
    body.set("policy", "e30=");
    body.set("file", new Blob(["hello"]));
    for (const target of ["/box", "/box/"]) {
      const answer = await refusal(target, { method: "POST", body });
      expect(answer).toEqual([501, "NotImplemented", expect.stringContaining("form")]);
    }
  });
});
