import { type ObjectStore, StoreError, type StoreLimits } from "@sluice/object-store";
import { checkKey } from "./address.js";
import type { Client, Unsigned } from "./client.js";
import { Clock } from "./clock.js";
import { type Fetch, fetchTransport } from "./fetch-transport.js";
import { type Quirks, quirksOf } from "./quirks.js";
import { storeOver } from "./store-over.js";
import type { Transport } from "./wire.js";

/** What a URL is wanted for. All of it has to be signed, the headers too: S3 refuses what comes with others. */
export interface PresignRequest {
  readonly method: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PresignedStoreOptions {
  /** Asks whoever has the credentials, and may refuse, for the URL of one request. */
  readonly presign: (request: PresignRequest) => string | Promise<string>;
  /** In the place of the global one. */
  readonly fetch?: Fetch | undefined;
  /** In the place of fetch: what carries the requests. */
  readonly transport?: Transport | undefined;
  /** What the store does otherwise than Amazon's. */
  readonly quirks?: Partial<Quirks> | undefined;
  /** What the store accepts, where it is not Amazon's own. Left out: {@link S3_LIMITS}. */
  readonly limits?: Partial<StoreLimits> | undefined;
}

/**
 * A store for whoever must not have credentials, such as a browser: for each request, somebody else makes a presigned URL,
 * with {@link presigner} or with what else signs.
 *
 * @example
 * ```ts
 * const ask = (request) => fetch("/presign", { method: "POST", body: JSON.stringify(request) }).then((r) => r.text());
 * await upload(presignedStore({ presign: ask }), { bucket: "photos", key: "cat.jpg" }, file);
 * ```
 */
export function presignedStore(options: PresignedStoreOptions): ObjectStore {
  const { presign, fetch, transport, quirks, limits } = options;
  const client: Client = {
    region: "auto",
    clock: new Clock(),
    quirks: quirksOf("", quirks),
    transport: transport ?? fetchTransport(fetch),
    route: async (unsigned) => {
      checkKey(unsigned.key);
      const url = parsed(await presign(requestOf(unsigned)));
      return {
        origin: url.origin,
        target: `${url.pathname}${url.search}`,
        headers: new Headers(unsigned.headers),
      };
    },
    refused: () => true,
  };
  return storeOver(client, limits);
}

function requestOf({ method, bucket, key, query, headers }: Unsigned): PresignRequest {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return { method, bucket, key, query: Object.fromEntries(pairs), headers };
}

function parsed(url: string): URL {
  try {
    return new URL(url);
  } catch {
    // Without the value, and without the cause that has it: what is wrong with it may be small, and its signature good.
    throw new StoreError("ClientError", "what was to be a presigned URL is none");
  }
}
