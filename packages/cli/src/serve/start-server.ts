import { readFile } from "node:fs/promises";
import type { ObjectStore } from "@sluice/object-store";
import { createGateway } from "@sluice/s3-gateway";
import { type Serving, serve, type TlsOptions } from "@sluice/s3-gateway/node";
import { MemoryBudget } from "@sluice/semaphore";
import { UsageError } from "../failure.js";
import type { Keys } from "./keys.js";

/** As on the command line. Times in milliseconds. */
export interface ServerOptions {
  readonly port: number;
  readonly hostname: string;
  /** Bytes. */
  readonly budget: number;
  readonly wait?: number | undefined;
  readonly maxWaiting?: number | undefined;
  /** A part of the budget. */
  readonly maxShare?: number | undefined;
  readonly maxConnections?: number | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly adminPort?: number | undefined;
  readonly grace?: number | undefined;
}

/**
 * Serves a store over HTTP; without keys, to everybody.
 *
 * - **Order:** none.
 * - **Abort:** not needed: it is over at once; `close` ends it.
 * - **Errors:** `ERR_USAGE` for half of a certificate; those of the system, such as a port that is taken.
 */
export async function startServer(
  store: ObjectStore,
  keys: Keys | undefined,
  options: ServerOptions,
): Promise<Serving> {
  const { port, hostname, budget, adminPort, maxConnections, grace } = options;
  const tls = await tlsOf(options);
  const gateway = createGateway({
    store,
    budget: new MemoryBudget(budget, { name: "gateway" }),
    waitTimeout: options.wait,
    maxWaiting: options.maxWaiting,
    fairness: { maxShare: options.maxShare },
    authenticate:
      keys === undefined
        ? "anonymous"
        : (id) => (id === keys.accessKeyId ? { secretAccessKey: keys.secretAccessKey } : undefined),
  });
  const admin = adminPort === undefined ? undefined : { port: adminPort, hostname };
  return serve(gateway, { port, hostname, tls, admin, maxConnections, graceTimeout: grace });
}

async function tlsOf({ tlsCert, tlsKey }: ServerOptions): Promise<TlsOptions | undefined> {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new UsageError("--tls-cert and --tls-key go together: pass both for HTTPS, or neither");
  }
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  return { cert: await readFile(tlsCert), key: await readFile(tlsKey) };
}
