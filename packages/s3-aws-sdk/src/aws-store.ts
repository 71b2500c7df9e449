import type { S3Client } from "@aws-sdk/client-s3";
import { type ObjectStore, S3_LIMITS, type StoreLimits } from "@sluice/object-store";
import { buckets } from "./buckets.js";
import { multiparts } from "./multiparts.js";
import { objects } from "./objects.js";
import { tags } from "./tags.js";

export interface AwsStoreOptions {
  /** What the store accepts, where it is not Amazon's own. Left out: {@link S3_LIMITS}. */
  readonly limits?: Partial<StoreLimits> | undefined;
  /**
   * Whether the store takes a checksum behind a stream, see `trailer` in `IntegrityOptions`. Amazon's does; left out,
   * it is not sent.
   */
  readonly trailers?: boolean | undefined;
}

/**
 * An object store over a client of `@aws-sdk/client-s3`: its endpoint, credentials, region and connections,
 * but one try for each request, no digests that were not asked for, and a Content-Length on every body.
 *
 * @example
 * ```ts
 * const store = awsStore(new S3Client({ region: "eu-central-1" }));
 * const { body, size } = await store.get({ bucket: "photos", key: "cat.jpg" });
 * ```
 */
export function awsStore(client: S3Client, { limits, trailers = false }: AwsStoreOptions = {}): ObjectStore {
  return {
    limits: { ...S3_LIMITS, ...limits },
    buckets: buckets(client),
    tags: tags(client),
    ...objects(client, trailers),
    ...multiparts(client, trailers),
  };
}
