import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { noise } from "../src/bytes.js";
import { BROKEN_OFF, openS3 } from "../src/node/s3-server.js";
import type { TRANSFERS } from "../src/transfers.js";
import type { Runtime, ServingRuntime } from "../src/verdict.js";
import { opened } from "./opened.js";

/** How runtimes differ. */
interface Ways {
  /** Whether fetch sends a stream with a length, and not only bytes that have been put together. */
  readonly streams: boolean;
}

const MiB = 2 ** 20;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** A test for each transfer, between the runtime and an S3 server in this process. */
export function transferAll(runtime: () => Runtime, { streams }: Ways): void {
  const s3 = opened(openS3);
  const transfer = (name: keyof typeof TRANSFERS) => runtime().transfer(name, s3().server);
  const stored = async (key: string) => {
    const { body } = await s3().store.get({ bucket: "runtimes", key });
    return sha256(new Uint8Array(await new Response(body).arrayBuffer()));
  };

  test("objects are put, told about, read in part, listed and deleted", async () => {
    expect(await transfer("objects")).toEqual({
      contentType: "text/plain",
      metadata: { colour: "blue" },
      size: 5,
      middle: "ell",
      range: { start: 1, end: 3 },
      keys: ["objects/a b+ü.txt", "objects/empty"],
      gone: "NoSuchKey 404",
    });
  });

  test("parts are sent in any order, listed and made an object", async () => {
    const received = sha256(Buffer.concat([noise(MiB), noise(MiB, 3), noise(1000, 2)]));
    const listed = [
      [1, 2 * MiB],
      [2, 1000],
    ];
    expect(await transfer("parts")).toEqual({ listed, open: 0, received });
  });

  test("a web stream is uploaded in parts with checksums, and comes back byte by byte", async () => {
    const sent = sha256(noise(5 * MiB + 7));
    const seen = { parts: 3, checksum: "full-object", sent, received: sent, held: 0 };
    expect(await transfer("roundTrip")).toEqual(seen);
    expect(await stored("roundTrip")).toBe(sent);
  });

  test("whoever leaves a download stops the server, which holds nothing any more", async () => {
    expect(await transfer("left")).toEqual({ held: 0 });
    await s3().budget.whenIdle();
  });

  test("presigned URLs put and get without credentials, also in parts", async () => {
    expect(await transfer("presigned")).toEqual({ put: 200, got: "signed", parts: 2 });
    expect(await stored("presigned")).toBe(sha256(noise(1.5 * MiB)));
  });

  test("an upload that is aborted midway rejects with the reason, and leaves nothing open", async () => {
    expect(await transfer("aborted")).toEqual({ reason: true, held: 0 });
    expect((await s3().store.listMultiparts("runtimes")).uploads).toEqual([]);
    await s3().budget.whenIdle();
  });

  test("a body that breaks off is told to who reads it, and a download asks for the rest", async () => {
    const bytes = noise(MiB, 5);
    await s3().store.put({ bucket: "runtimes", key: BROKEN_OFF.key }, bytes);
    const seen = { code: "NetworkError", retryable: true, received: sha256(bytes) };
    expect(await transfer("brokenOff")).toEqual(seen);
  });

  test("a wrong secret is told by the store's own code", async () => {
    const [put, head, uploaded] = (await transfer("wrongSecret")) as string[];
    expect([put, uploaded]).toEqual(["SignatureDoesNotMatch 403", "SignatureDoesNotMatch 403"]);
    // The answer to a HEAD has no body that could say more.
    expect(head).toBe("AccessDenied 403");
  });

  test(
    streams
      ? "a stream is one body, of any size"
      : "a stream is one body up to 8 MiB, and a larger one is refused before it is sent",
    async () => {
      const larger = streams ? "no error" : "NotImplemented";
      expect(await transfer("streams")).toEqual(["no error", larger]);
      expect(await stored(`streams/${MiB}`)).toBe(sha256(noise(MiB)));
    },
  );

  test("an object with an encoding that fetch takes off is refused", async () => {
    expect(await transfer("encoded")).toEqual({ head: "gzip", got: "NotImplemented 200" });
  });
}

/** Tests for a runtime that has servers. */
export function relayAll(runtime: () => ServingRuntime): void {
  const s3 = opened(openS3);

  test("a handler streams a request into an upload, and a download into its response", async () => {
    const bytes = noise(2 * MiB + 3, 7);
    const put = await runtime().relay("relayed", s3().server, { method: "PUT", body: bytes });
    expect(await put.json()).toEqual({ size: bytes.byteLength, parts: 3 });
    const got = await runtime().relay("relayed", s3().server);
    expect(sha256(new Uint8Array(await got.arrayBuffer()))).toBe(sha256(bytes));
  });

  test("a client that leaves the response of a handler stops its download", async () => {
    const stop = new AbortController();
    const got = await runtime().relay("large", s3().server, { signal: stop.signal });
    await got.body!.getReader().read();
    stop.abort();
    await s3().budget.whenIdle();
  });
}
