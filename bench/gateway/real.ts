import { randomUUID } from "node:crypto";
import { nodeStore } from "@sluice/s3-fetch/node";
import type { Origin } from "./proxy.js";

export interface RealServer extends Origin {
  readonly bucket: string;
  /** What it calls itself, as far as it does. */
  readonly name: string;
  close(): Promise<void>;
}

/**
 * The server of `SLUICE_S3_ENDPOINT`, with a bucket of its own and an object of so many bytes called by their number;
 * undefined if none is named.
 *
 * - **Order:** none.
 * - **Abort:** cannot be stopped.
 * - **Errors:** those of the server.
 */
export async function realServer(bytes: number): Promise<RealServer | undefined> {
  const { SLUICE_S3_ENDPOINT, SLUICE_S3_SERVER, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } =
    process.env;
  if (SLUICE_S3_ENDPOINT === undefined) return undefined;
  const origin = {
    endpoint: SLUICE_S3_ENDPOINT,
    region: AWS_REGION ?? "us-east-1",
    accessKeyId: AWS_ACCESS_KEY_ID ?? "",
    secretAccessKey: AWS_SECRET_ACCESS_KEY ?? "",
  };
  const store = nodeStore({ ...origin, credentials: origin });
  const bucket = `sluice-gateway-${randomUUID()}`;
  const key = String(bytes);
  await store.buckets!.create(bucket);
  await store.put({ bucket, key }, new Uint8Array(bytes));
  return {
    ...origin,
    bucket,
    name: SLUICE_S3_SERVER ?? "Ceph RGW",
    async close() {
      await store.delete({ bucket, key });
      await store.buckets!.delete(bucket);
      store.close();
    },
  };
}
