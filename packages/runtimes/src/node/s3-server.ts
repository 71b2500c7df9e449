import { faulty, MemoryStore, type ObjectSource, truncate } from "@sluice/object-store";
import { type CorsRule, createGateway } from "@sluice/s3-gateway";
import { serve } from "@sluice/s3-gateway/node";
import { MemoryBudget } from "@sluice/semaphore";
import type { Server } from "../transfers.js";

/** An S3 server in this process, for transfers of other runtimes. */
export interface S3Server {
  readonly server: Server;
  /** What it serves. */
  readonly store: MemoryStore;
  /** What its requests hold. */
  readonly budget: MemoryBudget;
  close(): Promise<void>;
}

/** The key of which the server breaks off the first answers, after some bytes. */
export const BROKEN_OFF = { key: "brokenOff", times: 2, after: 300_000 };

/** Any page may do anything that it can sign, and see of an answer what the transfers look at. */
const ANY_PAGE: CorsRule = {
  allowedOrigins: ["*"],
  allowedMethods: ["GET", "PUT", "POST", "DELETE", "HEAD"],
  allowedHeaders: ["*"],
  // Beyond what browsers show of any answer: its length, type and date of change.
  exposeHeaders: [
    "etag",
    "content-range",
    "content-encoding",
    "date",
    "x-amz-request-id",
    "x-amz-checksum-crc32",
    "x-amz-checksum-type",
    "x-amz-meta-colour",
  ],
  maxAgeSeconds: 600,
};

/**
 * The embedded S3 server, over a store in memory, as a page of another origin may use it.
 *
 * - **Order:** resolves when connections are accepted.
 * - **Abort:** cannot be stopped.
 * - **Errors:** the server's own.
 */
export async function openS3(): Promise<S3Server> {
  const credentials = { accessKeyId: "AKRUNTIMES", secretAccessKey: "runtimes-secret" };
  // Parts of 5 MiB each would say no more in ten transfers than in one, and take their time.
  const limits = { minPartSize: 2 ** 20 };
  const store = new MemoryStore({ limits });
  const budget = new MemoryBudget("32MiB");
  let broken = 0;
  const breaksOff = ({ key }: ObjectSource) => key === BROKEN_OFF.key && broken++ < BROKEN_OFF.times;
  const fault = truncate(BROKEN_OFF.after, { when: ({ args }) => breaksOff(args[0] as ObjectSource) });
  const gateway = createGateway({
    store: faulty(store, [fault]),
    budget,
    authenticate: (id) => (id === credentials.accessKeyId ? credentials : undefined),
    cors: [ANY_PAGE],
  });
  await store.buckets.create("runtimes");
  // More than sockets keep of a body that nobody reads.
  await store.put({ bucket: "runtimes", key: "large" }, new Uint8Array(16 * 2 ** 20));
  const serving = await serve(gateway, { port: 0, graceTimeout: 1000 });
  return {
    server: { endpoint: serving.url, region: "us-east-1", bucket: "runtimes", credentials, limits },
    store,
    budget,
    close: () => serving.close(),
  };
}
