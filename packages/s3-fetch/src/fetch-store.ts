import { InvalidValueError, type ObjectStore, type StoreLimits } from "@sluice/object-store";
import { Endpoint, encodeQuery, targetOf } from "./address.js";
import type { Client } from "./client.js";
import { Clock } from "./clock.js";
import type { CredentialsOption } from "./credentials.js";
import { type Fetch, fetchTransport } from "./fetch-transport.js";
import { payloadHash } from "./payload.js";
import { type Quirks, quirksOf } from "./quirks.js";
import { Signer } from "./signer.js";
import { storeOver } from "./store-over.js";
import type { Transport } from "./wire.js";

/** Which server, and as whom. */
export interface ConnectionOptions {
  /** For example `https://ACCOUNT.r2.cloudflarestorage.com`. Left out: Amazon's for the region. */
  readonly endpoint?: string | undefined;
  /** As the store calls it: `"eu-central-1"`; `"auto"` for R2; `"us-east-1"` for most others. */
  readonly region: string;
  /** A value; a function that is asked for them as they end; or `"anonymous"`, which signs nothing. */
  readonly credentials: CredentialsOption;
  /**
   * Whether buckets stand in the path and not in the host's name. Left out: everywhere but at Amazon, and there for
   * names that no host can have.
   */
  readonly forcePathStyle?: boolean | undefined;
}

export interface FetchStoreOptions extends ConnectionOptions {
  /** In the place of the global one. */
  readonly fetch?: Fetch | undefined;
  /** In the place of fetch: what carries the requests. */
  readonly transport?: Transport | undefined;
  /**
   * What signatures say of bodies: their SHA-256, or nothing. Left out: the SHA-256 of what goes over http, nothing of
   * what TLS protects, and nothing of streams. It costs more processor time than to send the body.
   */
  readonly payload?: "unsigned" | "sha256" | undefined;
  /** What the store does otherwise than Amazon's, beyond what is known of its endpoint. */
  readonly quirks?: Partial<Quirks> | undefined;
  /** What the store accepts, where it is not Amazon's own. Left out: {@link S3_LIMITS}. */
  readonly limits?: Partial<StoreLimits> | undefined;
}

/**
 * An object store over `fetch`, for every runtime that has one. One try for each request, no digests that were not
 * asked for, and a Content-Length on every body.
 *
 * @example
 * ```ts
 * const store = fetchStore({ region: "eu-central-1", credentials: { accessKeyId, secretAccessKey } });
 * const { body, size } = await store.get({ bucket: "photos", key: "cat.jpg" });
 * ```
 */
export function fetchStore(options: FetchStoreOptions): ObjectStore {
  const { fetch, transport, payload, quirks, limits } = options;
  const { region, clock, endpoint, signer } = connect(options);
  const client: Client = {
    region,
    clock,
    quirks: quirksOf(endpoint.host, quirks),
    transport: transport ?? fetchTransport(fetch),
    route: async ({ method, bucket, key, query, headers, body, signal }) => {
      const address = endpoint.address(bucket, key);
      const encoded = encodeQuery(query);
      const hash = await payloadHash(payload, address.origin, headers, body);
      const signed = await signer.sign({ method, address, query: encoded, headers }, hash, signal);
      return { ...signed, origin: address.origin, target: targetOf(address, encoded) };
    },
    refused: (credentials) => signer.refused(credentials),
  };
  return storeOver(client, limits);
}

/** What signing needs. */
export function connect({ endpoint, region, credentials, forcePathStyle }: ConnectionOptions) {
  if (!/^[a-z0-9-]+$/i.test(region))
    throw new InvalidValueError("region", region, 'a name such as "us-east-1"');
  const clock = new Clock();
  const amazon = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return {
    region,
    clock,
    endpoint: new Endpoint(endpoint ?? `https://s3.${region}.${amazon}`, forcePathStyle),
    signer: new Signer(credentials, region, clock),
  };
}
