import type { ObjectStore } from "@sluice/object-store";
import type { Serving } from "@sluice/s3-gateway/node";
import type { Io } from "../io.js";
import { writeAll } from "../write-all.js";
import { type KeyOptions, type Keys, keysOf } from "./keys.js";
import type { OpenStore } from "./open-store.js";
import { type ServerOptions, startServer } from "./start-server.js";

export interface ServeOptions extends KeyOptions, ServerOptions {
  readonly bucket?: readonly string[] | undefined;
}

/** What a server tells the process that started it. */
export interface Listening {
  readonly event: "listening";
  readonly url: string;
}

/**
 * Serves until it is interrupted, or until the process that started it is gone.
 *
 * - **Order:** none.
 * - **Abort:** by `io.signal`, which is the normal end: requests in progress are answered first.
 * - **Errors:** `ERR_USAGE`, and those of the system, such as a port that is taken.
 */
export async function runServer(
  options: ServeOptions,
  open: () => Promise<OpenStore>,
  io: Io,
): Promise<void> {
  const { keys, generated } = keysOf(options);
  const { store, place, close } = await open();
  try {
    for (const name of options.bucket ?? []) await makeBucket(store, name);
    const server = await startServer(store, keys, options);
    try {
      await greet(server, place, keys, generated, options, io);
      io.parent?.tell({ event: "listening", url: server.url } satisfies Listening);
      await stopped(io);
    } finally {
      await server.close();
    }
  } finally {
    await close();
  }
}

async function makeBucket(store: ObjectStore, name: string): Promise<void> {
  await store.buckets?.create(name).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== "BucketAlreadyOwnedByYou") throw error;
  });
}

async function greet(
  { url, adminUrl }: Pick<Serving, "url" | "adminUrl">,
  place: string,
  keys: Keys | undefined,
  generated: boolean,
  { hostname }: ServeOptions,
  io: Io,
): Promise<void> {
  const lines = [`S3 server on ${url}, ${place}. Ctrl-C ends it.`];
  if (adminUrl !== undefined) lines.push(`Health and metrics on ${adminUrl}/health/ready and /metrics.`);
  if (keys === undefined) {
    lines.push("Everybody is let in, unsigned.");
    if (!/^(localhost|127\.|\[?::1)/.test(hostname))
      lines.push("Careful: that is everybody who reaches this machine.");
  } else {
    lines.push(`Access key id: ${keys.accessKeyId}`);
  }
  // Only keys made for this run are shown: they exist nowhere else.
  if (keys !== undefined && generated) {
    lines.push(
      "",
      `export AWS_ENDPOINT_URL=${url} AWS_REGION=us-east-1`,
      `export AWS_ACCESS_KEY_ID=${keys.accessKeyId} AWS_SECRET_ACCESS_KEY=${keys.secretAccessKey}`,
    );
  }
  await writeAll(io.stdout, `${lines.join("\n")}\n`, io.signal).catch((error: unknown) => {
    // A server does not end because nobody reads what it says.
    if ((error as { code?: unknown }).code !== "ERR_READER_GONE" && !io.signal.aborted) throw error;
  });
}

function stopped({ signal, parent }: Io): Promise<void> {
  return new Promise((resolve) => {
    for (const end of parent ? [signal, parent.gone] : [signal]) {
      if (end.aborted) resolve();
      end.addEventListener("abort", () => resolve(), { once: true });
    }
  });
}
