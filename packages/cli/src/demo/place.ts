import { randomBytes } from "node:crypto";
import { S3Client } from "@aws-sdk/client-s3";
import type { ObjectStore, ObjectTarget } from "@sluice/object-store";
import { awsStore } from "@sluice/s3-aws-sdk";
import type { ServerDiedError } from "../failure.js";
import type { Io } from "../io.js";
import { connect, type S3Options } from "../s3.js";
import { startEmbedded } from "./embedded-server.js";

/** Where the demo puts its object, and takes it away again. */
export interface Place {
  readonly store: ObjectStore;
  readonly target: ObjectTarget;
  /** For people. */
  readonly says: string;
  /** Removes whatever this run has made. */
  clear(): Promise<void>;
}

export interface PlaceOptions extends S3Options {
  readonly bucket?: string | undefined;
}

/**
 * An embedded server, or a place of its own on a given one.
 *
 * - **Order:** none.
 * - **Abort:** rejects with `signal.reason` when nothing is left.
 * - **Errors:** those of the store; `onDeath` gets one if the embedded server ends before its time.
 */
export function findPlace(
  options: PlaceOptions,
  io: Io,
  signal: AbortSignal,
  onDeath: (error: ServerDiedError) => void,
): Promise<Place> {
  return options.endpoint === undefined
    ? embedded(io, signal, onDeath)
    : remote(options, options.endpoint, signal);
}

async function embedded(
  io: Io,
  signal: AbortSignal,
  onDeath: (error: ServerDiedError) => void,
): Promise<Place> {
  const server = await startEmbedded(io, signal, onDeath);
  const client = new S3Client({
    endpoint: server.url,
    region: "us-east-1",
    credentials: server.keys,
    forcePathStyle: true,
  });
  return {
    store: awsStore(client),
    target: { bucket: server.bucket, key: "stream" },
    says: `an embedded S3 server (process ${server.pid}) on ${server.url}`,
    async clear() {
      client.destroy();
      await server.close();
    },
  };
}

async function remote(options: PlaceOptions, endpoint: string, signal: AbortSignal): Promise<Place> {
  const { store, close } = await connect(options);
  const name = `sluice-demo-${randomBytes(6).toString("hex")}`;
  const bucket = options.bucket ?? name;
  try {
    if (options.bucket === undefined) await store.buckets?.create(bucket, { signal });
    else await store.buckets?.head(bucket, { signal });
  } catch (cause) {
    // An answer that was not waited for may have made the bucket all the same.
    if (signal.aborted && options.bucket === undefined) await store.buckets?.delete(bucket).catch(() => {});
    close();
    throw cause;
  }
  return {
    store,
    target: { bucket, key: name },
    says: `${endpoint}, ${options.bucket === undefined ? "a new bucket" : "bucket"} ${bucket}`,
    async clear() {
      try {
        await store.delete({ bucket, key: name });
        if (options.bucket === undefined) await store.buckets?.delete(bucket);
      } finally {
        close();
      }
    },
  };
}
