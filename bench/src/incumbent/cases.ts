import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as after } from "node:timers/promises";
import type { Options, Upload } from "@sluice/s3-upload/lib-storage";
import { refuse, type Server } from "./server.js";

/** One fault of lib-storage. */
export interface Case {
  readonly name: string;
  /** What an upload does in this case: that it is right, or in one sentence what is wrong. */
  readonly run: (Class: typeof Upload, server: Server) => Promise<string>;
}

export const RIGHT = "right";

const MiB = 2 ** 20;
const place = { Bucket: "bucket", Key: "key" };
const bytes = (size: number) => Buffer.alloc(size, "0123456789");

/** Two parts and a byte; then nothing, not even an end. */
function stalled(): Readable {
  let given = false;
  return new Readable({
    read() {
      if (!given) this.push(bytes(10 * MiB + 1));
      given = true;
    },
  });
}

type Ending = "resolved" | { readonly error: Error };

const endOf = (upload: Upload): Promise<Ending> =>
  upload.done().then(
    () => "resolved",
    (error: Error) => ({ error }),
  );

const failed = (ending: Ending) => typeof ending === "object";
const quietly = () => after(300);
const all = (...faults: readonly (string | false)[]) => faults.filter(Boolean).join("; ") || RIGHT;

export const CASES: readonly Case[] = [
  {
    name: "createReadStream(file, { start: 100 })",
    async run(Class, server) {
      const directory = await mkdtemp(join(tmpdir(), "sluice-incumbent-"));
      try {
        const path = join(directory, "file");
        await writeFile(path, bytes(12 * MiB));
        await new Class({
          client: server.client(),
          params: { ...place, Body: createReadStream(path, { start: 100 }) },
        }).done();
        return all(server.requests.includes("PutObject") && "12 MiB were buffered and sent as one part");
      } finally {
        await rm(directory, { recursive: true });
      }
    },
  },
  {
    name: "a part fails while the source stalls",
    async run(Class, server) {
      server.onPart = (request, response) => {
        request.resume().on("end", () => refuse(response, 403, "AccessDenied"));
        return true;
      };
      const Body = stalled();
      const done = endOf(new Class({ client: server.client(), params: { ...place, Body } }));
      const ending = await Promise.race([done, after(15_000, "still pending" as const)]);
      return all(
        ending === "still pending" && "done() does not settle",
        server.open.size > 0 && "no abort",
        !Body.destroyed && "the source is open",
      );
    },
  },
  {
    name: "abort() while the source stalls",
    async run(Class, server) {
      const upload = new Class({ client: server.client(), params: { ...place, Body: stalled() } });
      upload.on("httpUploadProgress", () => void upload.abort());
      const ending = await endOf(upload);
      await quietly();
      return all(
        !failed(ending) && "not rejected",
        server.open.size > 0 && "the multipart upload stays open",
      );
    },
  },
  {
    name: "abort() in the middle of a part",
    async run(Class, server) {
      const held: (() => void)[] = [];
      let ended = 0;
      server.onPart = (request) => {
        request.on("end", () => ended++).on("error", () => undefined);
        request.once("data", () => {
          request.pause();
          held.push(() => request.resume());
        });
        return true;
      };
      const upload = new Class({ client: server.client(), params: { ...place, Body: bytes(20 * MiB) } });
      const ending = endOf(upload);
      while (held.length < 4) await after(10);
      await upload.abort();
      await ending;
      for (const goOn of held) goOn();
      await after(2_000);
      return all(
        ended > 0 && `${ended} of 4 parts were sent to their ends`,
        server.open.size > 0 && "the multipart upload stays open",
      );
    },
  },
  {
    name: "a web ReadableStream, and a part that fails",
    async run(Class, server) {
      server.onPart = (request, response) => {
        request.resume().on("end", () => refuse(response, 403, "AccessDenied"));
        return true;
      };
      let cancelled = false;
      const Body = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(bytes(MiB)),
        cancel() {
          cancelled = true;
        },
      });
      await endOf(new Class({ client: server.client(), params: { ...place, Body } }));
      return all(!cancelled && "cancel() is not called");
    },
  },
  {
    name: "a second .on(…) with another event name",
    async run(Class, server) {
      const heard = { progress: 0, end: 0 };
      const upload = new Class({ client: server.client(), params: { ...place, Body: "hello" } });
      upload.on("httpUploadProgress", () => heard.progress++);
      upload.on("end" as "httpUploadProgress", () => heard.end++);
      await upload.done();
      return all(
        heard.progress === 0 && "the progress is not heard by its listener",
        heard.end > 0 && "it is by another",
      );
    },
  },
  {
    name: "Content-MD5 of the whole body",
    async run(Class, server) {
      const Body = bytes(6 * MiB);
      const ContentMD5 = createHash("md5").update(Body).digest("base64");
      const ending = await endOf(
        new Class({ client: server.client(), params: { ...place, Body, ContentMD5 } }),
      );
      return all(failed(ending) && "sent with each part, which the server refuses");
    },
  },
  {
    name: "the caller's own signal.onabort",
    async run(Class, server) {
      let heard = false;
      const abortController = new AbortController();
      abortController.signal.onabort = () => {
        heard = true;
      };
      const upload = new Class({
        client: server.client(),
        params: { ...place, Body: stalled() },
        abortController,
      });
      upload.on("httpUploadProgress", () => abortController.abort());
      await endOf(upload);
      return all(!heard && "overwritten");
    },
  },
  {
    name: "an async iterable as body",
    async run(Class, server) {
      const Body = (async function* () {
        yield bytes(MiB);
      })();
      const ending = await endOf(new Class({ client: server.client(), params: { ...place, Body } }));
      return all(failed(ending) && "rejected");
    },
  },
  {
    name: "a body that needs part 10,001",
    async run(Class, server) {
      let parts = 0;
      const client = server.client();
      const answers = { UploadId: "1", ETag: "e" };
      client.send = async (command: unknown) => {
        if ((command as object).constructor.name === "UploadPartCommand") parts++;
        return answers;
      };
      // Parts of a byte, as the tests of lib-storage have them.
      Reflect.set(Class, "MIN_PART_SIZE", 1);
      const Body = Readable.from(Array.from({ length: 11 }, () => bytes(1_000)));
      const options: Options = { client, params: { ...place, Body }, partSize: 1 };
      const ending = await endOf(new Class(options));
      return all(!failed(ending) && "not rejected", parts > 10_000 && "sent before the error");
    },
  },
];
