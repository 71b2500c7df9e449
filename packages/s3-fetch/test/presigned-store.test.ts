import { inspect } from "node:util";
import { StoreError } from "@sluice/object-store";
import { type PresignRequest, presignedStore, presigner } from "@sluice/s3-fetch";
import { describe, expect, test } from "vitest";
import { bytes, failureOf } from "./recorder.js";
import { recordingFetch, refusal } from "./recording-fetch.js";

const at = { bucket: "b", key: "a b" };
const sign = presigner({
  endpoint: "https://store.local",
  region: "us-east-1",
  credentials: { accessKeyId: "KEYKEYKEY", secretAccessKey: "secretsecret" },
});

function subject(answer?: Parameters<typeof recordingFetch>[0]) {
  const { fetch, seen } = recordingFetch(answer);
  const asked: PresignRequest[] = [];
  const store = presignedStore({
    fetch,
    presign: (request) => {
      asked.push(request);
      const { method, bucket = "", key, query, headers } = request;
      return sign(method, { bucket, key }, { expires: 60, query, headers });
    },
  });
  return { store, seen, asked };
}

describe("a store of presigned URLs", () => {
  test("asks for the URL of each request, and sends just what was signed", async () => {
    const { store, seen, asked } = subject();
    await store.put(at, bytes(10), { contentType: "a/b", metadata: { c: "d" } });
    await store.putPart({ ...at, uploadId: "u" }, 7, bytes(10));
    expect(asked).toEqual([
      {
        method: "PUT",
        ...at,
        query: {},
        headers: { "content-type": "a/b", "x-amz-meta-c": "d" },
      },
      { method: "PUT", ...at, query: { uploadId: "u", partNumber: "7" }, headers: {} },
    ]);
    const [put, part] = seen;
    expect(put!.url.pathname).toBe("/b/a%20b");
    expect(put!.url.searchParams.get("X-Amz-SignedHeaders")).toBe("content-type;host;x-amz-meta-c");
    expect(put!.headers.get("authorization")).toBeNull();
    expect(part!.url.searchParams.get("partNumber")).toBe("7");
  });

  test("says that another try may do when its URL has ended: there will be another one", async () => {
    const { store } = subject(() => refusal(400, "ExpiredToken"));
    expect(await failureOf(store.get(at))).toMatchObject({ code: "ExpiredToken", retryable: true });
  });

  test("passes on why it was refused a URL, and shows no URL to a logger", async () => {
    const why = new StoreError("AccessDenied", "not you");
    const refusing = presignedStore({ presign: () => Promise.reject(why) });
    expect(await failureOf(refusing.get(at))).toBe(why);
    const silly = presignedStore({ presign: () => "//nonsense?X-Amz-Signature=secret" });
    const lost = subject(() => {
      throw new TypeError("fetch failed");
    });
    const failures = [await failureOf(silly.get(at)), await failureOf(lost.store.get(at))];
    expect(failures.map(({ code }) => code)).toEqual(["ClientError", "NetworkError"]);
    const everything = inspect(failures, { depth: Number.POSITIVE_INFINITY, showHidden: true });
    expect(everything).not.toMatch(/Signature=|KEYKEYKEY/);
  });
});
