import type { ObjectStore } from "@sluice/object-store";
import { download } from "@sluice/s3-download";
import { type FetchStoreOptions, fetchStore, presignedStore, presigner } from "@sluice/s3-fetch";
import { upload } from "@sluice/s3-upload";
import { MemoryBudget } from "@sluice/semaphore";
import { noise, sha256, streamOf } from "./bytes.js";

/** A server that a runtime is to use. */
export interface Server extends Pick<FetchStoreOptions, "endpoint" | "region" | "limits"> {
  readonly bucket: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Uses a server in this very runtime, and tells what it saw, in words that pass from one process to another. */
export type Transfer = (server: Server) => Promise<unknown>;

const MiB = 2 ** 20;
const text = (bytes: BodyInit): Promise<string> => new Response(bytes).text();
const at = ({ bucket }: Server, key: string) => ({ bucket, key });

/** What is tried, by names. What should come of it is in the tests. */
export const TRANSFERS = {
  async objects(server) {
    const store = fetchStore(server);
    const metadata = { colour: "blue" };
    const here = at(server, "objects/a b+ü.txt");
    await store.put(here, new TextEncoder().encode("hello"), { contentType: "text/plain", metadata });
    await store.put(at(server, "objects/empty"), new Uint8Array());
    const head = await store.head(here);
    const { body, range } = await store.get(here, { range: { start: 1, end: 3 } });
    const middle = await text(body as BodyInit);
    const { objects } = await store.list(server.bucket, { prefix: "objects/" });
    await store.delete(here);
    const gone = await codeOf(store.head(here));
    const { contentType, size } = head;
    const keys = objects.map(({ key }) => key);
    return { contentType, metadata: head.metadata, size, middle, range, keys, gone };
  },

  async parts(server) {
    const store = fetchStore(server);
    const here = at(server, "parts");
    const started = await store.createMultipart(here);
    const last = await store.putPart(started, 2, noise(1000, 2));
    const first = await store.putPart(started, 1, [noise(MiB), noise(MiB, 3)]);
    const listed = await store.listParts(started);
    await store.completeMultipart(started, [first, last]);
    const { body } = await store.get(here);
    return {
      listed: listed.parts.map(({ partNumber, size }) => [partNumber, size]),
      open: (await store.listMultiparts(server.bucket)).uploads.length,
      received: await sha256(body),
    };
  },

  /** A body of unknown length in parts with checksums, and back in ranges, the whole compared with its checksum. */
  async roundTrip(server) {
    const store = fetchStore(server);
    const budget = new MemoryBudget("6MiB");
    const bytes = noise(5 * MiB + 7);
    const here = at(server, "roundTrip");
    const { parts, checksum } = await upload(store, here, streamOf(bytes), { partSize: "2MiB", budget });
    const options = { rangeSize: "1MiB", integrity: "require", budget } as const;
    const { body } = await download(store, here, options);
    const received = await sha256(body);
    return { parts, checksum: checksum?.type, sent: await sha256(bytes), received, held: budget.held };
  },

  async presigned(server) {
    const presign = presigner(server);
    const here = at(server, "presigned ü");
    const put = await fetch(await presign("PUT", here, { expires: 60 }), { method: "PUT", body: "signed" });
    const got = await fetch(await presign("GET", here, { expires: 60 }));
    const store = presignedStore({
      limits: server.limits,
      presign: ({ method, bucket, key, query, headers }) =>
        presign(method, { bucket: bucket ?? "", key }, { expires: 60, query, headers }),
    });
    const stored = await upload(store, at(server, "presigned"), noise(1.5 * MiB), { partSize: MiB });
    return { put: put.status, got: await got.text(), parts: stored.parts };
  },

  /** Aborts an upload whose source stalls, with some parts on their way or there. */
  async aborted(server) {
    const stop = new AbortController();
    const reason = new Error("enough");
    const budget = new MemoryBudget("16MiB");
    const source = streamOf(noise(2.5 * MiB), () => stop.abort(reason));
    const options = { partSize: MiB, budget, signal: stop.signal };
    const ending = upload(fetchStore(server), at(server, "aborted"), source, options);
    const caught = await ending.catch((error: unknown) => error);
    return { reason: caught === reason, held: budget.held };
  },

  /** Leaves an object at its beginning. */
  async left(server) {
    const budget = new MemoryBudget("16MiB");
    const options = { rangeSize: "8MiB", budget };
    const { body } = await download(fetchStore(server), at(server, "large"), options);
    const reader = body.getReader();
    await reader.read();
    await reader.cancel("enough");
    return { held: budget.held };
  },

  /** The server breaks off the first answer of all. */
  async brokenOff(server) {
    const store = fetchStore(server);
    const here = at(server, "brokenOff");
    const { body } = await store.get(here);
    const caught = (await sha256(body).catch((error: unknown) => error)) as {
      code?: unknown;
      retryable?: unknown;
    };
    const { body: again } = await download(store, here, { retry: { baseDelay: 1 } });
    return { code: caught.code, retryable: caught.retryable, received: await sha256(again) };
  },

  async wrongSecret(server) {
    const { accessKeyId } = server.credentials;
    const store = fetchStore({ ...server, credentials: { accessKeyId, secretAccessKey: "wrong" } });
    return Promise.all([
      codeOf(store.put(at(server, "wrongSecret"), noise(1000))),
      codeOf(store.head(at(server, "wrongSecret"))),
      codeOf(upload(store, at(server, "wrongSecret"), streamOf(noise(3 * MiB)), { partSize: MiB })),
    ]);
  },

  /** A stream as one body: of a length that may be put together, and of one that may not. */
  async streams(server) {
    const store = fetchStore(server);
    const put = async (length: number) =>
      store.put(at(server, `streams/${length}`), { stream: streamOf(noise(length)), length });
    return [await codeOf(put(MiB)), await codeOf(put(8 * MiB + 1))];
  },

  /** An object whose bytes are gzip: fetch would take them off. */
  async encoded(server) {
    const store = fetchStore(server);
    const zipped = new Blob(["zip me, zip me"]).stream().pipeThrough(new CompressionStream("gzip"));
    const bytes = new Uint8Array(await new Response(zipped).arrayBuffer());
    await store.put(at(server, "encoded"), bytes, { contentEncoding: "gzip" });
    return {
      head: (await store.head(at(server, "encoded"))).contentEncoding,
      got: await bytesOf(store, server),
    };
  },
} satisfies Record<string, Transfer>;

async function bytesOf(store: ObjectStore, server: Server): Promise<string> {
  const read = async () => text((await store.get(at(server, "encoded"))).body as BodyInit);
  return codeOf(read());
}

async function codeOf(ending: Promise<unknown>): Promise<string> {
  try {
    await ending;
    return "no error";
  } catch (error) {
    const { code, status } = error as { code?: unknown; status?: unknown };
    return code === undefined ? `${error}` : [code, status].filter((it) => it !== undefined).join(" ");
  }
}
