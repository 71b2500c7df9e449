import { createHash } from "node:crypto";
import { fetchStore, presigner } from "@sluice/s3-fetch";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Clock } from "../src/clock.js";
import { Signer } from "../src/signer.js";
import { bytes, streamOf } from "./recorder.js";
import { recordingFetch } from "./recording-fetch.js";

// Amazon's own examples: docs.aws.amazon.com, "Signature Calculations for the Authorization Header" and "Authenticating
// Requests: Using Query Parameters".
const credentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const origin = "https://examplebucket.s3.amazonaws.com";
const amazon = { endpoint: "https://s3.amazonaws.com", region: "us-east-1", credentials };

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2013, 4, 24), toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a signature is that of Amazon's examples", () => {
  const signer = () => new Signer(credentials, "us-east-1", new Clock());
  const get = (path: string, query: string, headers = {}) => ({
    method: "GET",
    address: { origin, path },
    query,
    headers,
  });

  test.each([
    [
      "a GET with a range",
      get("/test.txt", "", { range: "bytes=0-9" }),
      EMPTY,
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ],
    [
      "a PUT with a dollar sign in its key",
      {
        method: "PUT",
        address: { origin, path: "/test%24file.text" },
        query: "",
        headers: { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
      },
      "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ],
    [
      "a parameter without a value",
      get("/", "lifecycle="),
      EMPTY,
      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ],
    [
      "parameters with values",
      get("/", "max-keys=2&prefix=J"),
      EMPTY,
      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ],
  ])("for %s", async (_what, request, hash, signature) => {
    const { headers } = await signer().sign(request, hash);
    expect(headers.get("authorization")).toContain(`Signature=${signature}`);
  });

  test("for a presigned URL", async () => {
    const url = await presigner(amazon)(
      "GET",
      { bucket: "examplebucket", key: "test.txt" },
      { expires: 86_400 },
    );
    expect(new URL(url).searchParams.get("X-Amz-Signature")).toBe(
      "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    );
    expect(url).toMatch(/^https:\/\/examplebucket\.s3\.amazonaws\.com\/test\.txt\?/);
  });

  test("through the store itself", async () => {
    const { fetch, seen } = recordingFetch();
    const store = fetchStore({ ...amazon, fetch, payload: "sha256", quirks: { checksums: false } });
    await store.get({ bucket: "examplebucket", key: "test.txt" }, { range: { start: 0, end: 9 } });
    expect(seen[0]!.headers.get("authorization")).toBe(
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " +
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, " +
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    );
  });
});

describe("a payload", () => {
  const at = { bucket: "b", key: "k" };
  const hashOf = async (
    scheme: string,
    payload: "unsigned" | "sha256" | undefined,
    body: Parameters<ReturnType<typeof fetchStore>["put"]>[1],
    sha256?: string,
  ) => {
    const { fetch, seen } = recordingFetch();
    const store = fetchStore({ ...amazon, endpoint: `${scheme}://s3.local`, fetch, payload });
    await store.put(
      at,
      body,
      sha256 === undefined ? {} : { checksum: { algorithm: "sha256", value: sha256 } },
    );
    return seen[0]!.headers.get("x-amz-content-sha256");
  };
  const sha256 = (encoding: "hex" | "base64") => createHash("sha256").update(bytes(10)).digest(encoding);

  test("is left to TLS, and signed where there is none", async () => {
    expect(await hashOf("https", undefined, bytes(10))).toBe("UNSIGNED-PAYLOAD");
    expect(await hashOf("http", undefined, bytes(10))).toBe(sha256("hex"));
    expect(await hashOf("https", "sha256", [bytes(10).subarray(0, 3), bytes(10).subarray(3)])).toBe(
      sha256("hex"),
    );
    expect(await hashOf("http", "unsigned", bytes(10))).toBe("UNSIGNED-PAYLOAD");
  });

  test("that is a stream is signed by the checksum that it comes with, or not at all", async () => {
    const stream = () => ({ stream: streamOf([bytes(10)]), length: 10 });
    expect(await hashOf("http", undefined, stream())).toBe("UNSIGNED-PAYLOAD");
    expect(await hashOf("https", "sha256", stream(), sha256("base64"))).toBe(sha256("hex"));
    await expect(hashOf("https", "sha256", stream())).rejects.toMatchObject({ code: "InvalidArgument" });
  });
});

describe("a presigned URL", () => {
  const presign = presigner({ ...amazon, endpoint: "http://store.local:9000/s3/" });

  test("keeps every character of its key, and signs the headers that it asks for", async () => {
    const at = { bucket: "b", key: "a b+c/ü&=#?%//x", versionId: "v 1+2" };
    const url = await presign("PUT", at, { expires: 60, headers: { "Content-Type": "a/b" } });
    const { pathname, search, searchParams } = new URL(url);
    expect(pathname).toBe("/s3/b/a%20b%2Bc/%C3%BC%26%3D%23%3F%25//x");
    expect(search).not.toContain("+");
    expect(searchParams.get("versionId")).toBe("v 1+2");
    expect(searchParams.get("X-Amz-Expires")).toBe("60");
    expect(searchParams.get("X-Amz-SignedHeaders")).toBe("content-type;host");
  });

  test("carries a session token, and the parameters of a part", async () => {
    const session = presigner({ ...amazon, credentials: { ...credentials, sessionToken: "to+ken/=" } });
    const url = await session(
      "PUT",
      { bucket: "b", key: "k" },
      { expires: 1, query: { partNumber: 3, uploadId: "u" } },
    );
    const { searchParams } = new URL(url);
    expect(searchParams.get("X-Amz-Security-Token")).toBe("to+ken/=");
    expect([searchParams.get("partNumber"), searchParams.get("uploadId")]).toEqual(["3", "u"]);
  });

  test.each([0, -1, 1.5, 604_801, Number.NaN])("does not last for %d seconds", async (expires) => {
    await expect(presign("GET", { bucket: "b", key: "k" }, { expires })).rejects.toMatchObject({
      code: "ERR_INVALID_VALUE",
      what: "expires",
    });
  });

  test("is not made for a key that no URL can have", async () => {
    await expect(presign("GET", { bucket: "b", key: "a/../b" }, { expires: 1 })).rejects.toMatchObject({
      code: "InvalidArgument",
    });
  });
});
