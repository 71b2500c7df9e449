import { type ChecksumAlgorithm, digestOf, isCombinable, type ShelfStore } from "@sluice/object-store";
import { beforeEach, describe, expect, it } from "vitest";
import { type Ask, all, asker, one, STORES } from "./asking.js";

const ALGORITHMS: readonly ChecksumAlgorithm[] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];
const KINDS = [
  ...ALGORITHMS.filter((name) => name !== "crc64nvme").map((name) => [name, "COMPOSITE"] as const),
  ...ALGORITHMS.filter(isCombinable).map((name) => [name, "FULL_OBJECT"] as const),
];

const bytes = (text: string) => new TextEncoder().encode(text);
const base64 = (raw: Uint8Array) => btoa(String.fromCharCode(...raw));
const sumOf = async (algorithm: ChecksumAlgorithm, text: string) =>
  base64(await digestOf(algorithm, bytes(text)));

/** A body with its checksum behind it. */
function trailing(algorithm: ChecksumAlgorithm, text: string, sum: string) {
  const headers = {
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-decoded-content-length": String(text.length),
    "x-amz-trailer": `x-amz-checksum-${algorithm}`,
    "x-amz-sdk-checksum-algorithm": algorithm.toUpperCase(),
    "content-encoding": "aws-chunked",
  };
  const chunk = text === "" ? "" : `${text.length.toString(16)}\r\n${text}\r\n`;
  return [headers, `${chunk}0\r\nx-amz-checksum-${algorithm}:${sum}\r\n\r\n`] as const;
}

describe.each(STORES)("checksums over a %s", (_name, make) => {
  let store: ShelfStore;
  let ask: Ask;
  beforeEach(async () => {
    store = await make();
    await store.buckets.create("box");
    ask = asker(store);
  });

  it.each(ALGORITHMS)(
    "a %s that comes in a header or behind the body is kept, and told if asked for",
    async (name) => {
      const sum = await sumOf(name, "hello");
      const header = `x-amz-checksum-${name}`;
      const type = "x-amz-checksum-type";
      const puts = [
        ["header", await ask("PUT", "/box/header", { [header]: sum }, "hello")],
        ["trailer", await ask("PUT", "/box/trailer", ...trailing(name, "hello", sum))],
      ] as const;
      for (const [key, { status, headers }] of puts) {
        expect([status, headers.get(header), headers.get(type)]).toEqual([200, sum, "FULL_OBJECT"]);
        for (const method of ["GET", "HEAD"]) {
          const told = (await ask(method, `/box/${key}`, { "x-amz-checksum-mode": "ENABLED" })).headers;
          expect([told.get(header), told.get(type)]).toEqual([sum, "FULL_OBJECT"]);
          expect((await ask(method, `/box/${key}`)).headers.get(header)).toBeNull();
        }
        const part = await ask("GET", `/box/${key}`, {
          "x-amz-checksum-mode": "ENABLED",
          range: "bytes=0-1",
        });
        expect(part.headers.get(header)).toBeNull();
        const about = await ask("GET", `/box/${key}?attributes`, {
          "x-amz-object-attributes": "Checksum,ObjectSize",
        });
        expect([one(`Checksum${name.toUpperCase()}`, about.text), one("ObjectSize", about.text)]).toEqual([
          sum,
          "5",
        ]);
      }
      const wrong = await sumOf(name, "other");
      expect(await ask("PUT", "/box/x", { [header]: wrong }, "hello")).toMatchObject({
        status: 400,
        code: "BadDigest",
      });
      expect(await ask("PUT", "/box/x", ...trailing(name, "hello", wrong))).toMatchObject({
        code: "BadDigest",
      });
      expect(await ask("PUT", "/box/x", { [header]: "AAA" }, "hello")).toMatchObject({
        code: "InvalidRequest",
      });
      expect((await ask("GET", "/box/x")).status).toBe(404);
    },
  );

  it.each(KINDS)(
    "an object of parts has a %s that is %s, of parts with headers and trailers",
    async (name, type) => {
      const begun = await ask("POST", "/box/k?uploads", {
        "x-amz-checksum-algorithm": name.toUpperCase(),
        "x-amz-checksum-type": type,
        "x-amz-tagging": "a=1",
      });
      expect([
        begun.headers.get("x-amz-checksum-algorithm"),
        begun.headers.get("x-amz-checksum-type"),
      ]).toEqual([name.toUpperCase(), type]);
      const id = one("UploadId", begun.text);
      const header = `x-amz-checksum-${name}`;
      const sums = [await sumOf(name, "first"), await sumOf(name, "second")];
      const puts = [
        await ask("PUT", `/box/k?partNumber=1&uploadId=${id}`, { [header]: sums[0]! }, "first"),
        await ask("PUT", `/box/k?partNumber=2&uploadId=${id}`, ...trailing(name, "second", sums[1]!)),
      ];
      expect(puts.map(({ headers }) => headers.get(header))).toEqual(sums);
      const listed = (await ask("GET", `/box/k?uploadId=${id}`)).text;
      expect([one("ChecksumAlgorithm", listed), one("ChecksumType", listed)]).toEqual([
        name.toUpperCase(),
        type,
      ]);
      expect(all(`Checksum${name.toUpperCase()}`, listed)).toEqual(sums);

      const part = (n: number, sum = "") =>
        `<Part><PartNumber>${n}</PartNumber><ETag>${puts[n - 1]!.headers.get("etag")}</ETag>${sum}</Part>`;
      const element = (sum: string) =>
        `<Checksum${name.toUpperCase()}>${sum}</Checksum${name.toUpperCase()}>`;
      const complete = (parts: string, headers: Readonly<Record<string, string>> = {}) =>
        ask(
          "POST",
          `/box/k?uploadId=${id}`,
          headers,
          `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`,
        );
      const both = part(1, element(sums[0]!)) + part(2, element(sums[1]!));
      const other = type === "COMPOSITE" ? "FULL_OBJECT" : "COMPOSITE";
      expect(await complete(part(2, element(sums[1]!)))).toMatchObject({
        status: 400,
        code: "InvalidPartOrder",
      });
      expect(await complete(both, { "x-amz-mp-object-size": "12" })).toMatchObject({
        code: "InvalidRequest",
      });
      expect(await complete(both, { "x-amz-checksum-type": other })).toMatchObject({ code: "BadDigest" });
      expect(await complete(both, { [header]: sums[0]! })).toMatchObject({ code: "BadDigest" });
      const swapped = part(1, element(sums[1]!)) + part(2, element(sums[1]!));
      expect(await complete(swapped)).toMatchObject({ status: 400, code: "InvalidPart" });
      if (type === "COMPOSITE") {
        expect(await complete(part(1) + part(2))).toMatchObject({ status: 400, code: "InvalidRequest" });
      }
      const raw = sums.map((sum) => Uint8Array.from(atob(sum), (char) => char.charCodeAt(0)));
      const expected =
        type === "COMPOSITE" ? `${base64(await digestOf(name, ...raw))}-2` : await sumOf(name, "firstsecond");
      const done = await complete(type === "COMPOSITE" ? both : part(1) + part(2), {
        "x-amz-mp-object-size": "11",
        "x-amz-checksum-type": type,
        [header]: expected,
      });
      expect(done).toMatchObject({ status: 200 });
      expect(one(`Checksum${name.toUpperCase()}`, done.text)).toBe(expected);
      const told = (await ask("HEAD", "/box/k", { "x-amz-checksum-mode": "ENABLED" })).headers;
      expect([told.get(header), told.get("x-amz-checksum-type"), told.get("x-amz-tagging-count")]).toEqual([
        expected,
        type,
        "1",
      ]);
      const second = await ask("GET", "/box/k?partNumber=2", { "x-amz-checksum-mode": "ENABLED" });
      expect([second.status, second.text, second.headers.get(header)]).toEqual([206, "second", sums[1]]);
      const wanted = { "x-amz-object-attributes": "ETag, ObjectParts,Checksum", "x-amz-max-parts": "1" };
      const about = (await ask("GET", "/box/k?attributes", wanted)).text;
      expect(one("TotalPartsCount", about)).toBe("2");
      expect([all("PartNumber", about), one("IsTruncated", about)]).toEqual([["1"], "true"]);
      expect(all(`Checksum${name.toUpperCase()}`, about)).toEqual([expected, sums[0]]);
    },
  );

  it.each([
    [{ "x-amz-checksum-algorithm": "SHA1", "x-amz-checksum-type": "FULL_OBJECT" }, "InvalidRequest"],
    [{ "x-amz-checksum-algorithm": "CRC64NVME", "x-amz-checksum-type": "COMPOSITE" }, "InvalidRequest"],
    [{ "x-amz-checksum-type": "COMPOSITE" }, "InvalidRequest"],
    [{ "x-amz-checksum-algorithm": "MD5" }, "InvalidRequest"],
    [{ "x-amz-checksum-algorithm": "CRC32", "x-amz-checksum-type": "HALF" }, "InvalidRequest"],
  ])("an upload that is begun with %o is refused with %s", async (headers, code) => {
    expect(await ask("POST", "/box/k?uploads", headers)).toMatchObject({ status: 400, code });
  });

  it("refuses an algorithm without a checksum, two checksums, and another algorithm than the upload's", async () => {
    const crc = await sumOf("crc32", "hello");
    const sha = await sumOf("sha1", "hello");
    const [framed, body] = trailing("crc32", "hello", crc);
    for (const [headers, text] of [
      [{ "x-amz-sdk-checksum-algorithm": "CRC32" }, "hello"],
      [{ "x-amz-sdk-checksum-algorithm": "SHA1", "x-amz-checksum-crc32": crc }, "hello"],
      [{ "x-amz-checksum-sha1": sha, "x-amz-checksum-crc32": crc }, "hello"],
      [{ ...framed, "x-amz-checksum-sha1": sha }, body],
    ] as const) {
      expect(await ask("PUT", "/box/k", headers, text)).toMatchObject({
        status: 400,
        code: "InvalidRequest",
      });
    }
    const begun = await ask("POST", "/box/k?uploads", { "x-amz-checksum-algorithm": "SHA1" });
    const path = `/box/k?partNumber=1&uploadId=${one("UploadId", begun.text)}`;
    const header = await ask("PUT", path, { "x-amz-checksum-crc32": crc }, "hello");
    const trailer = await ask("PUT", path, ...trailing("crc32", "hello", crc));
    expect([header.code, trailer.code]).toEqual(["InvalidRequest", "InvalidRequest"]);
    expect((await store.list("box")).objects).toEqual([]);
  });

  it("tells how many parts an object without checksums has, and nothing of parts where there are none", async () => {
    const wanted = { "x-amz-object-attributes": "ETag,ObjectParts,StorageClass,ObjectSize,Checksum" };
    await ask("PUT", "/box/k", {}, "hello");
    const { text } = await ask("GET", "/box/k?attributes", wanted);
    expect(text).toMatch(
      /^<\?xml[^>]*>\n<GetObjectAttributesResponse[^>]*><ETag>[0-9a-f]{32}<\/ETag><StorageClass>/,
    );
    const upload = await store.createMultipart({ bucket: "box", key: "k" });
    await store.completeMultipart(upload, [await store.putPart(upload, 3, bytes("hello"))]);
    const parts = await ask("GET", "/box/k?attributes", wanted);
    expect(parts.text).toContain("<ObjectParts><TotalPartsCount>1</TotalPartsCount></ObjectParts>");
    expect(await ask("GET", "/box/k?attributes", { "x-amz-object-attributes": "Colour" })).toMatchObject({
      status: 400,
      code: "InvalidArgument",
    });
    expect(await ask("GET", "/box/none?attributes", wanted)).toMatchObject({
      status: 404,
      code: "NoSuchKey",
    });
  });
});
