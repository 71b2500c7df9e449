import type { ShelfStore } from "@sluice/object-store";
import { beforeEach, describe, expect, it } from "vitest";
import { type Ask, asker, MODIFIED, STORES } from "./asking.js";

const EARLIER = "Fri, 02 Jan 2026 03:04:04 GMT";
const SAME = "Fri, 02 Jan 2026 03:04:05 GMT";
const ETAG = '"781e5e245d69b566979b86e28d23f2c7"'; // of 0123456789

// What HTTP says of conditions that stand side by side, in its order.
const READS: readonly (readonly [Readonly<Record<string, string>>, 200 | 304 | 412])[] = [
  [{ "if-match": ETAG }, 200],
  [{ "if-match": "*" }, 200],
  [{ "if-match": `"a", ${ETAG}` }, 200],
  [{ "if-match": ETAG.slice(1, -1) }, 200],
  [{ "if-match": '"a"' }, 412],
  [{ "if-none-match": '"a"' }, 200],
  [{ "if-none-match": ETAG }, 304],
  [{ "if-none-match": `"a", W/${ETAG}` }, 304],
  [{ "if-none-match": "*" }, 304],
  [{ "if-modified-since": EARLIER }, 200],
  [{ "if-modified-since": SAME }, 304],
  [{ "if-modified-since": "yesterday" }, 200],
  [{ "if-unmodified-since": SAME }, 200],
  [{ "if-unmodified-since": EARLIER }, 412],
  [{ "if-match": ETAG, "if-unmodified-since": EARLIER }, 200],
  [{ "if-match": '"a"', "if-unmodified-since": SAME }, 412],
  [{ "if-none-match": ETAG, "if-modified-since": EARLIER }, 304],
  [{ "if-none-match": '"a"', "if-modified-since": SAME }, 200],
  [{ "if-none-match": ETAG, "if-unmodified-since": EARLIER }, 412],
  [{ "if-match": '"a"', "if-none-match": ETAG }, 412],
  [{ "if-match": ETAG, "if-none-match": ETAG }, 304],
];

describe.each(STORES)("conditions over a %s", (_name, make) => {
  let store: ShelfStore;
  let ask: Ask;
  beforeEach(async () => {
    store = await make();
    await store.buckets.create("box");
    ask = asker(store);
    expect((await ask("PUT", "/box/k", {}, "0123456789")).headers.get("etag")).toBe(ETAG);
  });

  it.each(READS)("a read with %o is answered with %i", async (headers, status) => {
    for (const [method, range] of [
      ["GET", undefined],
      ["GET", "bytes=2-3"],
      ["GET", "bytes=-2"],
      ["HEAD", undefined],
    ] as const) {
      const answer = await ask(method, "/box/k", { ...headers, ...(range !== undefined && { range }) });
      expect(answer.status).toBe(status === 200 && range !== undefined ? 206 : status);
      if (status === 304) {
        expect(answer.text).toBe("");
        expect(answer.headers.get("etag")).toBe(ETAG);
        expect(answer.headers.get("last-modified")).toBe(MODIFIED.toUTCString());
        expect(answer.headers.get("content-length")).toBeNull();
      }
      if (status === 412 && method === "GET") expect(answer.code).toBe("PreconditionFailed");
    }
  });

  it.each(READS)("a copy whose source must meet %o is answered likewise", async (headers, status) => {
    const source = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [`x-amz-copy-source-${name}`, value]),
    );
    const wanted = { "x-amz-copy-source": "/box/k", ...source };
    const upload = await store.createMultipart({ bucket: "box", key: "parts" });
    const copies = [
      await ask("PUT", "/box/copy", wanted),
      await ask("PUT", `/box/parts?partNumber=1&uploadId=${upload.uploadId}`, wanted),
    ];
    for (const copy of copies) {
      if (status === 200) expect(copy.status).toBe(200);
      else expect(copy).toMatchObject({ status: 412, code: "PreconditionFailed" });
    }
    const made = status === 200 ? ["copy", "k"] : ["k"];
    expect((await store.list("box")).objects.map(({ key }) => key)).toEqual(made);
    expect((await store.listParts(upload)).parts).toHaveLength(status === 200 ? 1 : 0);
  });

  it.each([
    [{ "if-none-match": "*" }, 412, "PreconditionFailed", 200],
    [{ "if-match": ETAG }, 200, undefined, 404],
    [{ "if-match": '"a"' }, 412, "PreconditionFailed", 404],
    [{ "if-none-match": ETAG }, 501, "NotImplemented", 501],
    [{ "if-unmodified-since": SAME }, 501, "NotImplemented", 501],
    [{ "if-modified-since": SAME }, 501, "NotImplemented", 501],
  ])(
    "a write with %o over an object is answered with %i %s, and where there is none with %i",
    async (given, status, code, absent) => {
      const headers: Readonly<Record<string, string>> = given as never;
      const write = {
        put: (key: string) => ask("PUT", `/box/${key}`, headers, "new"),
        copy: (key: string) => ask("PUT", `/box/${key}`, { ...headers, "x-amz-copy-source": "/box/source" }),
        complete: async (key: string) => {
          const upload = await store.createMultipart({ bucket: "box", key });
          const { etag } = await store.putPart(upload, 1, new TextEncoder().encode("new"));
          const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`;
          return ask("POST", `/box/${key}?uploadId=${upload.uploadId}`, headers, body);
        },
      };
      await ask("PUT", "/box/source", {}, "new");
      for (const [name, act] of Object.entries(write)) {
        await ask("PUT", `/box/${name}`, {}, "0123456789");
        expect(await act(name)).toMatchObject({ status, code });
        expect((await ask("GET", `/box/${name}`)).text).toBe(status === 200 ? "new" : "0123456789");
        expect((await act(`${name}-new`)).status).toBe(absent);
      }
    },
  );

  it("a delete heeds If-Match, and nothing else that it does not know", async () => {
    const remove = (headers: Readonly<Record<string, string>>, key = "k") =>
      ask("DELETE", `/box/${key}`, headers);
    expect(await remove({ "if-match": '"a"' })).toMatchObject({ status: 412, code: "PreconditionFailed" });
    expect(await remove({ "if-none-match": '"a"' })).toMatchObject({ status: 501 });
    expect(await remove({ "x-amz-if-match-size": "10" })).toMatchObject({ status: 501 });
    expect(await remove({ "if-match": "*" }, "none")).toMatchObject({ status: 404, code: "NoSuchKey" });
    expect(await remove({ "if-match": ETAG })).toMatchObject({ status: 204 });
    expect((await store.list("box")).objects).toEqual([]);
  });

  it("of two that create an object at once one wins, and the other is told", async () => {
    const answers = await Promise.all(
      ["one", "two"].map((body) => ask("PUT", "/box/race", { "if-none-match": "*" }, body)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  });
});
