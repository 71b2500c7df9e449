import { MemoryStore } from "@sluice/object-store";
import { createGateway, type GatewayOptions } from "@sluice/s3-gateway";
import { serve } from "@sluice/s3-gateway/node";
import { MemoryBudget } from "@sluice/semaphore";
import { AwsClient } from "aws4fetch";
import { beforeEach, describe, expect, it } from "vitest";
import { head, RawConnection } from "./raw-connection.js";
import { KEYS } from "./signing.js";

let store: MemoryStore;
beforeEach(async () => {
  store = new MemoryStore({ limits: { minPartSize: 1 } });
  for (const bucket of ["box", "a.b", "example"]) {
    await store.buckets.create(bucket);
    await store.put({ bucket, key: "k" }, new TextEncoder().encode(`in ${bucket}`));
  }
});

const make = (options: Partial<GatewayOptions> = {}) =>
  createGateway({
    store,
    budget: new MemoryBudget("8MiB"),
    authenticate: "anonymous",
    domain: "s3.example.com",
    ...options,
  });

async function ask(url: string, init: RequestInit = {}, options: Partial<GatewayOptions> = {}) {
  const answer = await make(options).fetch(new Request(url, init));
  const text = await answer.text();
  return {
    status: answer.status,
    text,
    code: /<Code>(.*?)<\/Code>/.exec(text)?.[1],
    headers: answer.headers,
  };
}

describe("a bucket as a host", () => {
  it.each([
    ["http://box.s3.example.com/k", "in box"],
    ["http://BOX.S3.Example.COM/k", "in box"],
    ["http://box.s3.example.com:9000/k", "in box"],
    ["http://box.s3.example.com./k", "in box"],
    ["http://a.b.s3.example.com/k", "in a.b"],
    ["http://example.s3.example.com/k", "in example"],
    ["http://s3.example.com/box/k", "in box"],
    ["http://s3.example.com./box/k", "in box"],
    ["http://127.0.0.1/box/k", "in box"],
    ["http://[::1]:9000/box/k", "in box"],
    ["http://notmys3.example.com/box/k", "in box"],
    ["http://box.s3.example.com.evil.net/box/k", "in box"],
  ])("%s is the object %s", async (url, text) => {
    expect(await ask(url)).toMatchObject({ status: 200, text });
  });

  it("has keys of its own, also such as begin with a slash or with its name", async () => {
    for (const key of ["box/k", "/k", "box.s3.example.com/k"]) {
      await store.put({ bucket: "box", key }, new TextEncoder().encode(key));
      expect(await ask(`http://box.s3.example.com/${key}`)).toMatchObject({ status: 200, text: key });
    }
  });

  it("is listed, made and deleted at the root of the host, and all buckets at that of the domain", async () => {
    expect((await ask("http://box.s3.example.com/?list-type=2")).text).toContain("<Name>box</Name>");
    expect((await ask("http://new.s3.example.com/", { method: "PUT" })).status).toBe(200);
    expect((await ask("http://s3.example.com/")).text).toContain("<Name>new</Name>");
    expect((await ask("http://new.s3.example.com/", { method: "DELETE" })).status).toBe(204);
    expect(await ask("http://new.s3.example.com/", { method: "HEAD" })).toMatchObject({ status: 404 });
  });

  it.each([
    "http://.s3.example.com/k",
    "http://a..b.s3.example.com/k",
    "http://-box.s3.example.com/k",
    `http://${"b".repeat(63)}.b.s3.example.com/k`,
  ])("%s is refused, as its bucket can have no such name", async (url) => {
    expect(await ask(url)).toMatchObject({ status: 400, code: "InvalidBucketName" });
  });

  it("is that of the longest domain where several end alike", async () => {
    const domain = ["example.com", "s3.example.com"];
    expect((await ask("http://box.s3.example.com/k", {}, { domain })).text).toBe("in box");
    expect((await ask("http://s3.example.com/box/k", {}, { domain })).text).toBe("in box");
    expect((await ask("http://a.b.example.com/k", {}, { domain })).text).toBe("in a.b");
  });

  it("is told where a completed upload is", async () => {
    const at = "http://box.s3.example.com/new";
    const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(
      (await ask(`${at}?uploads`, { method: "POST" })).text,
    )![1]!;
    const part = await ask(`${at}?partNumber=1&uploadId=${uploadId}`, {
      method: "PUT",
      body: "hello",
      headers: { "content-length": "5" },
    });
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.get("etag")}</ETag></Part></CompleteMultipartUpload>`;
    const done = await ask(`${at}?uploadId=${uploadId}`, { method: "POST", body });
    expect(done.text).toContain(`<Location>${at}</Location><Bucket>box</Bucket><Key>new</Key>`);
  });

  it("is nothing without the option", async () => {
    expect(await ask("http://box.s3.example.com/k", {}, { domain: undefined })).toMatchObject({
      code: "NoSuchBucket",
    });
  });

  it("is signed as it is sent: its host, and its path without the bucket", async () => {
    const authenticate = (id: string) => (id === KEYS.accessKeyId ? KEYS : undefined);
    const client = new AwsClient({ ...KEYS, service: "s3", region: "us-east-1" });
    const sign = (url: string, signQuery: boolean) => client.sign(url, { aws: { signQuery } });
    for (const signQuery of [false, true]) {
      const { url, headers } = await sign("http://a.b.s3.example.com/k", signQuery);
      expect(await ask(url, { headers }, { authenticate })).toMatchObject({ text: "in a.b" });
      const elsewhere = url.replace("a.b.s3", "box.s3");
      expect(await ask(elsewhere, { headers }, { authenticate })).toMatchObject({
        code: "SignatureDoesNotMatch",
      });
      const inPath = url.replace("a.b.s3.example.com/k", "s3.example.com/a.b/k");
      expect(await ask(inPath, { headers }, { authenticate })).toMatchObject({
        code: "SignatureDoesNotMatch",
      });
    }
  });

  it("is found by the Host header of a connection", async () => {
    const serving = await serve(make(), { port: 0 });
    const connection = await RawConnection.open(serving.port);
    const hosts = [
      ["box.s3.example.com", "/k", "in box"],
      ["a.b.s3.example.com:9000", "/k", "in a.b"],
      ["s3.example.com", "/box/k", "in box"],
      [`127.0.0.1:${serving.port}`, "/box/k", "in box"],
    ] as const;
    for (const [host, target, text] of hosts) {
      connection.write(head("GET", target, { host }));
      expect((await connection.answer("GET"))?.text).toBe(text);
    }
    connection.write(head("GET", "/k", { host: "xn--a.s3.example.com" }));
    expect((await connection.answer("GET"))?.code).toBe("InvalidURI");
    connection.destroy();
    await serving.close();
  });

  it.each([
    ["", "s3.example.com:9000", "http://s3.example.com", "s3_example.com", ".example.com", "a..b", "a b"],
  ])("is refused when the domain is none", (...domains) => {
    for (const domain of domains) expect(() => make({ domain })).toThrow("domain");
  });
});
