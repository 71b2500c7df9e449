import type { ObjectStore } from "@sluice/object-store";
import { createGateway } from "@sluice/s3-gateway";
import { serve } from "@sluice/s3-gateway/node";
import { MemoryBudget } from "@sluice/semaphore";
import type { Keys } from "./keys.js";

export interface ServerOptions {
  readonly port: number;
  readonly hostname: string;
  /** Bytes. */
  readonly budget: number;
}

export interface Server {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves a store over HTTP; without keys, to everybody.
 *
 * - **Order:** none.
 * - **Abort:** not needed: it is over at once; `close` ends it.
 * - **Errors:** those of the system, such as a port that is taken.
 */
export function startServer(
  store: ObjectStore,
  keys: Keys | undefined,
  { port, hostname, budget }: ServerOptions,
): Promise<Server> {
  const gateway = createGateway({
    store,
    budget: new MemoryBudget(budget, { name: "gateway" }),
    authenticate:
      keys === undefined
        ? "anonymous"
        : (id) => (id === keys.accessKeyId ? { secretAccessKey: keys.secretAccessKey } : undefined),
  });
  return serve(gateway, { port, hostname });
}
