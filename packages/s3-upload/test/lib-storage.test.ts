import { createHash } from "node:crypto";
import { EventEmitter } from "node:events";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { digestOf } from "@sluice/object-store";
import { Upload } from "@sluice/s3-upload/lib-storage";
import { MemoryBudget } from "@sluice/semaphore";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LOSE, ScriptedS3, s3Error } from "./lib-storage/scripted-s3.js";
import { fewParts, withSmallParts } from "./lib-storage/uploads.js";
import { deferred } from "./worlds.js";

let restore = () => {};
beforeAll(() => {
  restore = withSmallParts();
});
afterAll(() => restore());

const TEXT = "twelve bytes"; // three parts
const params = { Bucket: "bucket", Key: "a/b" };
const aborted = { name: "AbortError", message: "Upload aborted." };

test("done() of the drop-in settles after the server is cleared up, and says why it was aborted", async () => {
  const s3 = new ScriptedS3();
  const abortController = new AbortController();
  const upload = new Upload({ client: s3.client(), params: { ...params, Body: TEXT }, abortController });
  const reason = new Error("the user left");
  upload.on("httpUploadProgress", () => abortController.abort(reason));
  await expect(upload.done()).rejects.toMatchObject({ ...aborted, cause: reason });
  expect(s3.of("AbortMultipartUpload")).toHaveLength(1);
  expect(s3.open.size).toBe(0);
});

test("abort() of the drop-in tears down the requests that are in progress, and sends no part after them", async () => {
  const begun = deferred();
  const torn: unknown[] = [];
  const s3 = new ScriptedS3((call, signal) => {
    if (call.operation !== "UploadPart") return undefined;
    begun.resolve();
    return new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => {
        torn.push(call.part);
        reject(new Error("torn down"));
      });
    });
  });
  const Body = "x".repeat(20);
  const upload = new Upload({ client: s3.client(), params: { ...params, Body }, queueSize: 2 });
  const done = upload.done();
  done.catch(() => undefined);
  await begun.promise;
  await upload.abort();
  await expect(done).rejects.toMatchObject(aborted);
  expect(torn).toEqual(s3.of("UploadPart").map(({ part }) => part));
  expect(torn.length).toBeLessThanOrEqual(2);
});

test("an abort while the object is being completed stops that, and aborts the multipart upload", async () => {
  const s3 = new ScriptedS3(({ operation }) => {
    if (operation !== "CompleteMultipartUpload") return undefined;
    void upload.abort();
    return new Promise<never>(() => undefined);
  });
  const upload: Upload = new Upload({ client: s3.client(), params: { ...params, Body: TEXT } });
  await expect(upload.done()).rejects.toMatchObject(aborted);
  expect(s3.of("AbortMultipartUpload")).toHaveLength(1);
});

test("an abort after the end is nothing, and no listener is left on the caller's signal", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const spied = {
    signal: {
      get aborted() {
        return signal.aborted;
      },
      addEventListener: () => void listeners++,
      removeEventListener: () => void listeners--,
    },
    abort: () => undefined,
  };
  const upload = new Upload({
    client: new ScriptedS3().client(),
    params: { ...params, Body: "x" },
    abortController: spied,
  });
  const done = upload.done();
  expect(listeners).toBe(1);
  await done;
  expect(listeners).toBe(0);
});

test("a polyfill's signal with nothing but onabort keeps its handler, and is heard all the same", async () => {
  const heard: unknown[] = [];
  const before = (event: unknown) => heard.push(event);
  const signal = { aborted: false, onabort: before as ((event: unknown) => void) | null };
  const abortController = {
    signal,
    abort() {
      signal.aborted = true;
      signal.onabort?.("event");
    },
  };
  const Body = new Readable({ read() {} });
  Body.push("12345");
  const upload = new Upload({
    client: new ScriptedS3().client(),
    params: { ...params, Body },
    abortController,
  });
  upload.on("httpUploadProgress", () => void upload.abort());
  await expect(upload.done()).rejects.toMatchObject(aborted);
  expect(heard).toEqual(["event"]);
  expect(signal.onabort).toBe(before);
});

test("what an upload holds stays within its budget, and goes back to it whatever happens", async () => {
  for (const failing of [false, true]) {
    const budget = new MemoryBudget(8);
    const s3 = new ScriptedS3(({ part }) =>
      failing && part === 4 ? s3Error(403, "AccessDenied") : undefined,
    );
    const Body = Readable.from(Array.from({ length: 20 }, () => Buffer.from("x")));
    const done = new Upload({ client: s3.client(), params: { ...params, Body }, budget }).done();
    if (failing) await expect(done).rejects.toThrow("AccessDenied");
    else await done;
    expect(budget.snapshot()).toMatchObject({ held: 0, peakHeld: 8 });
  }
});

test("the retries of the client are those of the upload: a part keeps its number and its bytes", async () => {
  let failures = 0;
  const s3 = new ScriptedS3(({ part }) =>
    part === 2 && failures++ < 2 ? s3Error(500, "InternalError") : undefined,
  );
  const client = s3.client({ maxAttempts: 3 });
  await new Upload({ client, params: { ...params, Body: TEXT } }).done();
  const second = s3.of("UploadPart").filter(({ part }) => part === 2);
  expect(second.map(({ body }) => body)).toEqual(["ve b", "ve b", "ve b"]);
  expect([...s3.objects.values()]).toEqual([TEXT]);
});

test("a lost answer to Complete is resolved by looking; what was found is the answer", async () => {
  let lost = false;
  const s3 = new ScriptedS3(({ operation }) => {
    if (operation !== "CompleteMultipartUpload") return undefined;
    if (lost) return s3Error(404, "NoSuchUpload");
    lost = true;
    return LOSE;
  });
  const upload = new Upload({ client: s3.client({ maxAttempts: 2 }), params: { ...params, Body: TEXT } });
  const md5 = (data: string | Buffer) => createHash("md5").update(data).digest();
  const etag = `"${md5(Buffer.concat(["twel", "ve b", "ytes"].map(md5))).toString("hex")}-3"`;
  expect(await upload.done()).toMatchObject({
    ...params,
    ETag: etag,
    Location: "https://bucket.s3.eu-central-1.amazonaws.com/a/b",
    $metadata: { httpStatusCode: 200 },
  });
});

test("a lost answer to Complete is the failure that it was, if another object is there", async () => {
  const s3 = new ScriptedS3(({ operation }) => {
    if (operation === "HeadObject") return { headers: { etag: '"another"' } };
    return operation === "CompleteMultipartUpload" ? LOSE : undefined;
  });
  const upload = new Upload({ client: s3.client(), params: { ...params, Body: TEXT } });
  await expect(upload.done()).rejects.toMatchObject({ message: "socket hang up", code: "ECONNRESET" });
});

test("a condition that failed because the first try has fulfilled it is no failure", async () => {
  let lost = false;
  const s3 = new ScriptedS3(({ operation }) => {
    if (operation !== "PutObject") return undefined;
    if (lost) return s3Error(412, "PreconditionFailed");
    lost = true;
    return LOSE;
  });
  const client = s3.client({ maxAttempts: 2 });
  const done = new Upload({ client, params: { ...params, Body: "four", IfNoneMatch: "*" } }).done();
  expect(await done).toMatchObject({
    ...params,
    ETag: `"${createHash("md5").update("four").digest("hex")}"`,
  });
});

test("a failure while clearing up is told with the first failure, not in its place", async () => {
  const s3 = new ScriptedS3(({ operation }) => {
    if (operation === "UploadPart") return s3Error(403, "AccessDenied");
    return operation === "AbortMultipartUpload" ? s3Error(405, "MethodNotAllowed") : undefined;
  });
  const done = new Upload({ client: s3.client(), params: { ...params, Body: TEXT } }).done();
  await expect(done).rejects.toMatchObject({
    name: "AccessDenied",
    alsoFailed: [{ name: "MethodNotAllowed" }],
  });
});

test("a digest that cannot be compared is refused before anything is sent", async () => {
  const s3 = new ScriptedS3();
  const Body = TEXT;
  const done = new Upload({ client: s3.client(), params: { ...params, Body, ChecksumSHA512: "x" } }).done();
  await expect(done).rejects.toThrow(
    "ChecksumSHA512 of a body that takes several parts cannot be compared here",
  );
  expect(s3.calls).toEqual([]);
});

test("every digest that is known is compared with the whole of the parts", async () => {
  const known = {
    ContentMD5: "md5",
    ChecksumCRC32: "crc32",
    ChecksumCRC32C: "crc32c",
    ChecksumCRC64NVME: "crc64nvme",
    ChecksumSHA1: "sha1",
    ChecksumSHA256: "sha256",
  } as const;
  for (const [name, algorithm] of Object.entries(known)) {
    const digest = await digestOf(algorithm, Buffer.from(TEXT));
    for (const given of [Buffer.alloc(digest.length), Buffer.from(digest)]) {
      const s3 = new ScriptedS3();
      const wanted = { ...params, Body: TEXT, [name]: given.toString("base64") };
      const done = new Upload({ client: s3.client(), params: wanted }).done();
      if (given.equals(digest)) await done;
      else await expect(done).rejects.toMatchObject({ code: "BadDigest" });
      expect(s3.objects.size).toBe(given.equals(digest) ? 1 : 0);
    }
  }
});

test("a digest of the whole goes to Complete where S3 makes one of the whole", async () => {
  const s3 = new ScriptedS3();
  const ChecksumCRC32 = Buffer.from(await digestOf("crc32", Buffer.from(TEXT))).toString("base64");
  const given = { ...params, Body: TEXT, ChecksumCRC32, ChecksumType: "FULL_OBJECT" as const };
  await new Upload({ client: s3.client(), params: given }).done();
  expect(s3.of("CreateMultipartUpload")[0]?.headers["x-amz-checksum-type"]).toBe("FULL_OBJECT");
  expect(s3.of("CompleteMultipartUpload")[0]?.headers["x-amz-checksum-crc32"]).toBe(ChecksumCRC32);
});

/** A request handler that tells of the first part on its way, and of another upload's. */
class Telling extends EventEmitter {
  readonly handle: RequestHandler["handle"];

  constructor(inner: RequestHandler) {
    super();
    this.handle = (request, options) => {
      const { query, path } = request as { query: Record<string, string>; path: string };
      if (query.partNumber !== "2") {
        const other =
          query.uploadId === undefined
            ? { query, path: `${path}?` }
            : { query: { ...query, uploadId: "2" }, path };
        this.emit("xhr.upload.progress", { loaded: 4, total: 4 }, other);
        for (const loaded of [1, 3, 2]) this.emit("xhr.upload.progress", { loaded, total: 4 }, request);
      }
      return inner.handle(request, options);
    };
  }
}

type RequestHandler = ReturnType<ScriptedS3["client"]>["config"]["requestHandler"];

test("a request handler that tells of bytes on their way is listened to, and only to one's own", async () => {
  const s3 = new ScriptedS3();
  const requestHandler = new Telling(s3.client().config.requestHandler);
  const heard = async (Body: string) => {
    const client = s3.client({ requestHandler });
    const upload = new Upload({ client, params: { ...params, Body }, queueSize: 1 });
    const events: unknown[] = [];
    upload.on("httpUploadProgress", ({ loaded, part }) => events.push([part, loaded]));
    await upload.done();
    return events;
  };
  const first = [
    [1, 1],
    [1, 3],
    [1, 3],
    [1, 4],
  ];
  expect(await heard("four")).toEqual(first);
  // CreateMultipartUpload has no body, but a handler may tell of it all the same.
  expect(await heard("fiver")).toEqual([...first, [2, 5]]);
  expect(requestHandler.listenerCount("xhr.upload.progress")).toBe(0);
});

test("a known length chooses parts that are large enough, also that of a file", async () => {
  const directory = mkdtempSync(join(tmpdir(), "sluice-lib-storage-"));
  try {
    const path = join(directory, "file");
    writeFileSync(path, "x".repeat(23));
    for (const Body of ["x".repeat(23), createReadStream(path), createReadStream(path, { start: 0 })]) {
      const s3 = new ScriptedS3();
      await fewParts(new Upload({ client: s3.client(), params: { ...params, Body } })).done();
      expect(s3.of("UploadPart").map(({ body }) => body.length)).toEqual([5, 5, 5, 5, 3]);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a body that is known to need too many parts costs no request", async () => {
  const s3 = new ScriptedS3();
  const upload = new Upload({
    client: s3.client(),
    params: { ...params, Body: "x".repeat(21) },
    partSize: 4,
  });
  await expect(fewParts(upload).done()).rejects.toMatchObject({
    message: "Exceeded 5 parts in multipart upload to Bucket: bucket Key: a/b.",
    cause: { code: "ERR_OBJECT_TOO_LARGE" },
  });
  expect(s3.calls).toEqual([]);
});

test("a web stream that was looked into is read to its end, and a stream that is over is refused", async () => {
  const s3 = new ScriptedS3();
  const Body = new Blob([TEXT]).stream();
  const [first, second] = Body.tee();
  const reader = first.getReader();
  await reader.read();
  reader.releaseLock();
  await expect(
    new Upload({ client: s3.client(), params: { ...params, Body: first } }).done(),
  ).rejects.toThrow("the body must have something left to read, got a ReadableStream that was read");
  await new Upload({ client: s3.client(), params: { ...params, Body: second } }).done();
  expect([...s3.objects.values()]).toEqual([TEXT]);
});

test("a stream that has failed before is told by its own error", async () => {
  const Body = new PassThrough().on("error", () => undefined);
  const failure = new Error("the disk is gone");
  Body.destroy(failure);
  const s3 = new ScriptedS3();
  await expect(new Upload({ client: s3.client(), params: { ...params, Body } }).done()).rejects.toBe(failure);
});
