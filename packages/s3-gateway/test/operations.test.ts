import { createHash } from "node:crypto";
import type { ObjectStore, ShelfStore } from "@sluice/object-store";
import { beforeEach, describe, expect, it } from "vitest";
import { type Ask, all, asker, one, STORES } from "./asking.js";

const md5 = (text: string) => createHash("md5").update(text).digest("base64");

/** The same store, for those who see no tags. */
const withoutTags = (store: ObjectStore): ObjectStore =>
  new Proxy(store, {
    get: (target, name) => {
      const member: unknown = name === "tags" ? undefined : Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });

describe.each(STORES)("over a %s", (_name, make) => {
  let store: ShelfStore;
  let ask: Ask;
  beforeEach(async () => {
    store = await make();
    await store.buckets.create("box");
    ask = asker(store);
    await ask("PUT", "/box/k", {}, "0123456789");
  });

  // Answers without a word of whose it is: the request, the status, and the code or what the body has in it.
  it.each([
    ["GET", "/box?versioning", 200, "<VersioningConfiguration"],
    ["GET", "/box?logging", 200, "<BucketLoggingStatus"],
    ["GET", "/box?notification", 200, "<NotificationConfiguration"],
    ["GET", "/box?accelerate", 200, "<AccelerateConfiguration"],
    ["GET", "/box?requestPayment", 200, "<Payer>BucketOwner</Payer>"],
    ["GET", "/box?acl", 200, "<Permission>FULL_CONTROL</Permission>"],
    ["GET", "/box?policy", 404, "NoSuchBucketPolicy"],
    ["GET", "/box?policyStatus", 404, "NoSuchBucketPolicy"],
    ["GET", "/box?lifecycle", 404, "NoSuchLifecycleConfiguration"],
    ["GET", "/box?tagging", 404, "NoSuchTagSet"],
    ["GET", "/box?object-lock", 404, "ObjectLockConfigurationNotFoundError"],
    ["GET", "/box?encryption", 404, "ServerSideEncryptionConfigurationNotFoundError"],
    ["GET", "/box?cors", 404, "NoSuchCORSConfiguration"],
    ["GET", "/box?website", 404, "NoSuchWebsiteConfiguration"],
    ["GET", "/box?replication", 404, "ReplicationConfigurationNotFoundError"],
    ["GET", "/box?ownershipControls", 404, "OwnershipControlsNotFoundError"],
    ["GET", "/box?publicAccessBlock", 404, "NoSuchPublicAccessBlockConfiguration"],
    ["GET", "/none?versioning", 404, "NoSuchBucket"],
    ["GET", "/none?policy", 404, "NoSuchBucket"],
    ["GET", "/box/k?acl", 200, "<Permission>FULL_CONTROL</Permission>"],
    ["GET", "/box/k?retention", 404, "NoSuchObjectLockConfiguration"],
    ["GET", "/box/k?legal-hold", 404, "NoSuchObjectLockConfiguration"],
    ["GET", "/box/none?acl", 404, "NoSuchKey"],
    ["PUT", "/box?versioning", 501, "NotImplemented"],
    ["PUT", "/box/k?acl", 501, "NotImplemented"],
    ["PUT", "/", 405, "MethodNotAllowed"],
    ["DELETE", "/", 405, "MethodNotAllowed"],
    ["POST", "/box/k", 405, "MethodNotAllowed"],
    ["PATCH", "/box/k", 405, "MethodNotAllowed"],
    ["GET", "/box?location", 200, "<LocationConstraint"],
    ["GET", "/none?location", 404, "NoSuchBucket"],
    ["DELETE", "/box", 409, "BucketNotEmpty"],
    ["DELETE", "/none", 404, "NoSuchBucket"],
    ["PUT", "/box", 409, "BucketAlreadyOwnedByYou"],
    ["PUT", "/x", 400, "InvalidBucketName"],
    ["DELETE", "/box/none", 204, ""],
    ["DELETE", "/box/k?versionId=null", 204, ""],
    ["DELETE", "/box/k?versionId=1", 404, "NoSuchVersion"],
    ["GET", "/box/k?versionId=1", 404, "NoSuchVersion"],
    ["HEAD", "/box/k?versionId=null", 200, ""],
  ])("%s %s is answered with %i %s", async (method, path, status, said) => {
    const answer = await ask(method, path);
    expect(answer.status).toBe(status);
    if (status < 400) expect(answer.text).toContain(said);
    else expect(answer.code).toBe(said);
  });

  it("makes a bucket in the region that is the gateway's, and in any where it has none", async () => {
    const body = (region: string) =>
      `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
    expect(await ask("PUT", "/one-more", {}, body("eu-north-1"))).toMatchObject({ status: 200 });
    const european = asker(store, { region: "eu-central-1" });
    expect(await european("PUT", "/two-more", {}, body("eu-north-1"))).toMatchObject({
      status: 400,
      code: "IllegalLocationConstraintException",
    });
    expect(await european("PUT", "/two-more", {}, body("eu-central-1"))).toMatchObject({ status: 200 });
    expect(await ask("PUT", "/three-more", {}, "<Other/>")).toMatchObject({
      status: 400,
      code: "MalformedXML",
    });
    expect((await store.buckets.list()).map(({ name }) => name)).toEqual(["box", "one-more", "two-more"]);
  });

  it("lists buckets in pages, by a prefix", async () => {
    for (const name of ["bag", "bin", "can"]) await store.buckets.create(name);
    const first = await ask("GET", "/?prefix=b&max-buckets=2");
    expect(all("Name", first.text)).toEqual(["bag", "bin"]);
    const rest = await ask("GET", `/?prefix=b&continuation-token=${one("ContinuationToken", first.text)}`);
    expect(all("Name", rest.text)).toEqual(["box"]);
    expect(one("ContinuationToken", rest.text)).toBeUndefined();
    expect(await ask("GET", "/?max-buckets=0")).toMatchObject({ status: 400, code: "InvalidArgument" });
    expect(await ask("GET", "/?continuation-token=%FF")).toMatchObject({ status: 400 });
  });

  it("keeps and tells headers, the storage class and the number of tags", async () => {
    const headers = {
      expires: "Thu, 01 Dec 2033 16:00:00 GMT",
      "cache-control": "no-cache",
      "content-language": "de",
      "x-amz-storage-class": "STANDARD_IA",
      "x-amz-tagging": "a=1&b%20c=x%2By",
      "x-amz-meta-color": "red",
    };
    expect(await ask("PUT", "/box/full", headers, "x")).toMatchObject({ status: 200 });
    for (const method of ["GET", "HEAD"]) {
      const told = Object.fromEntries((await ask(method, "/box/full")).headers);
      const { "x-amz-tagging": _, ...rest } = headers;
      expect(told).toMatchObject({ ...rest, "x-amz-tagging-count": "2" });
    }
    expect(all("StorageClass", (await ask("GET", "/box?prefix=")).text)).toEqual(["STANDARD_IA", "STANDARD"]);
    const plain = (await ask("HEAD", "/box/k")).headers;
    expect([
      plain.get("x-amz-storage-class"),
      plain.get("x-amz-tagging-count"),
      plain.get("expires"),
    ]).toEqual([null, null, null]);
  });

  it.each([
    [{ "x-amz-storage-class": "CHEAP" }, "InvalidStorageClass"],
    [{ expires: "soon" }, "InvalidArgument"],
    [{ expires: "0" }, "InvalidArgument"],
    [{ "x-amz-meta-a": "gr\u00fcn" }, "InvalidArgument"],
    [{ "x-amz-meta-a": "a\tb" }, "InvalidArgument"],
    [{ "x-amz-tagging": "a=1&a=2" }, "InvalidArgument"],
    [{ "x-amz-tagging": "%ff=1" }, "InvalidArgument"],
    [{ "x-amz-tagging": "=1" }, "InvalidTag"],
    [{ "x-amz-tagging": "aws%3Aa=1" }, "InvalidTag"],
    [{ "x-amz-tagging": "a=%3C" }, "InvalidTag"],
    [{ "x-amz-tagging": `${"a".repeat(129)}=1` }, "InvalidTag"],
    [{ "x-amz-tagging": `a=${"1".repeat(257)}` }, "InvalidTag"],
    [{ "x-amz-tagging": Array.from({ length: 11 }, (_, i) => `${i}=`).join("&") }, "BadRequest"],
    [{ "x-amz-meta-a": "x".repeat(2_048) }, "MetadataTooLarge"],
  ])("a new object with %o is refused with %s, whole or in parts", async (headers, code) => {
    expect(await ask("PUT", "/box/k", headers, "new")).toMatchObject({ status: 400, code });
    expect(await ask("POST", "/box/k?uploads", headers)).toMatchObject({ status: 400, code });
    expect((await ask("GET", "/box/k")).text).toBe("0123456789");
  });

  it("reads, replaces and removes the tags of an object", async () => {
    const tagging = (...pairs: readonly (readonly [string, string])[]) =>
      `<Tagging><TagSet>${pairs.map(([k, v]) => `<Tag><Key>${k}</Key><Value>${v}</Value></Tag>`).join("")}</TagSet></Tagging>`;
    const put = (body: string) => ask("PUT", "/box/k?tagging", {}, body);
    expect(await put(tagging(["a", "1"], ["b", "x&amp;y"]))).toMatchObject({
      status: 400,
      code: "InvalidTag",
    });
    expect(await put(tagging(["a", "1"], ["b c", ""]))).toMatchObject({ status: 200, text: "" });
    const got = await ask("GET", "/box/k?tagging&versionId=null");
    expect([all("Key", got.text), all("Value", got.text)]).toEqual([
      ["a", "b c"],
      ["1", ""],
    ]);
    expect((await ask("GET", "/box/k")).text).toBe("0123456789");
    expect(await put(tagging(["a", "1"], ["a", "2"]))).toMatchObject({ status: 400, code: "InvalidTag" });
    for (const body of ["<Tagging/>", "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>", "{}"]) {
      expect(await put(body)).toMatchObject({ status: 400, code: "MalformedXML" });
    }
    expect(await ask("DELETE", "/box/k?tagging")).toMatchObject({ status: 204 });
    expect(all("Tag", (await ask("GET", "/box/k?tagging")).text)).toEqual([]);
    expect(await ask("GET", "/box/none?tagging")).toMatchObject({ status: 404, code: "NoSuchKey" });
    expect(await asker(withoutTags(store))("GET", "/box/k?tagging")).toMatchObject({
      status: 501,
      code: "NotImplemented",
    });
  });

  it("copies an object with its tags and headers or with new ones, and onto itself only with new ones", async () => {
    await ask("PUT", "/box/from", { "x-amz-tagging": "a=1", "x-amz-meta-m": "1" }, "x");
    const copy = (to: string, headers: Readonly<Record<string, string>> = {}) =>
      ask("PUT", `/box/${to}`, { "x-amz-copy-source": "/box/from", ...headers });
    const tags = async (key: string) => all("Key", (await ask("GET", `/box/${key}?tagging`)).text);
    const meta = async (key: string) => (await ask("HEAD", `/box/${key}`)).headers.get("x-amz-meta-m");
    await copy("same", { "x-amz-tagging": "ignored=1" });
    await copy("other", { "x-amz-tagging-directive": "REPLACE", "x-amz-tagging": "b=2" });
    await copy("none", { "x-amz-tagging-directive": "REPLACE", "x-amz-metadata-directive": "REPLACE" });
    expect([await tags("same"), await tags("other"), await tags("none")]).toEqual([["a"], ["b"], []]);
    expect([await meta("same"), await meta("other"), await meta("none")]).toEqual(["1", "1", null]);
    expect(await copy("from")).toMatchObject({ status: 400, code: "InvalidRequest" });
    const itself = await copy("from", { "x-amz-metadata-directive": "REPLACE", "x-amz-meta-m": "2" });
    expect(itself).toMatchObject({ status: 200 });
    expect([await meta("from"), await tags("from")]).toEqual(["2", ["a"]]);
    expect(await copy("x", { "x-amz-tagging-directive": "KEEP" })).toMatchObject({ code: "InvalidArgument" });
    expect(one("ChecksumSHA1", (await copy("sum", { "x-amz-checksum-algorithm": "SHA1" })).text)).toBe(
      createHash("sha1").update("x").digest("base64"),
    );
  });

  it("deletes many objects, and says of each what became of it, or only of those that stay", async () => {
    const keys = ["a&<b>", "c", "d"];
    for (const key of keys) await store.put({ bucket: "box", key }, new Uint8Array(1));
    const { etag } = await store.head({ bucket: "box", key: "d" });
    const named = (inner: string) => `<Object>${inner}</Object>`;
    const remove = (inner: string) =>
      ask(
        "POST",
        "/box?delete",
        { "content-md5": md5(`<Delete>${inner}</Delete>`) },
        `<Delete>${inner}</Delete>`,
      );
    const answer = await remove(
      [
        named("<Key>a&amp;&lt;b&gt;</Key>"),
        named("<Key>c</Key><ETag>other</ETag>"),
        named(`<Key>d</Key><ETag>${etag.replaceAll('"', "&quot;")}</ETag><VersionId>null</VersionId>`),
        named("<Key>gone</Key>"),
        named("<Key>k</Key><VersionId>7</VersionId>"),
        named(`<Key>${"k".repeat(101)}</Key>`),
      ].join(""),
    );
    expect(all("Code", answer.text)).toEqual(["PreconditionFailed", "NoSuchVersion", "KeyTooLongError"]);
    expect(answer.text).toContain("<Deleted><Key>a&amp;&lt;b&gt;</Key></Deleted>");
    expect((await store.list("box")).objects.map(({ key }) => key)).toEqual(["c", "k"]);
    const quiet = await remove(
      `<Quiet>true</Quiet>${named("<Key>c</Key>")}${named("<Key>k</Key><ETag>x</ETag>")}`,
    );
    expect([all("Key", quiet.text), all("Code", quiet.text)]).toEqual([["k"], ["PreconditionFailed"]]);
    expect(await remove(named("<Key>x</Key>").repeat(1_001))).toMatchObject({
      status: 400,
      code: "MalformedXML",
    });
    expect(await remove(named("<Key></Key>"))).toMatchObject({ status: 400, code: "UserKeyMustBeSpecified" });
    expect(await remove("")).toMatchObject({ status: 400, code: "MalformedXML" });
    expect(await ask("POST", "/box?delete", {}, "<Delete/>")).toMatchObject({ code: "InvalidRequest" });
  });
});
