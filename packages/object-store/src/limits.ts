/** What a store accepts. Sizes in bytes. Tests pass tiny ones, so that a "5 MiB" part can have 4 bytes. */
export interface StoreLimits {
  /** The smallest part that is not the last. */
  readonly minPartSize: number;
  /** Also of what is copied into a part. */
  readonly maxPartSize: number;
  /** How many parts an upload may have; also the largest part number. */
  readonly maxParts: number;
  readonly maxObjectSize: number;
  /** The largest body of one `put`. */
  readonly maxPutSize: number;
  /** How many entries a page of a listing has at the most. */
  readonly maxPageSize: number;
  /** How many keys one `deleteMany` takes. */
  readonly maxDeleteKeys: number;
  /** User metadata: the bytes of all names and values. */
  readonly maxMetadataSize: number;
  readonly maxKeySize: number;
  /** `true`: the parts of an upload must all have one size, and the last no more than that. Cloudflare R2 wants it so. */
  readonly equalParts?: boolean | undefined;
  /** Bytes that one `get`, and one `put` or `putPart`, of this store holds by itself, besides what the caller's stream holds. */
  readonly holds?: { readonly get: number; readonly put: number } | undefined;
}

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/**
 * The limits of Amazon S3. The largest object is 10,000 parts of 5 GiB since December 2025; many clients
 * still encode the 5 TiB of before.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
export const S3_LIMITS: StoreLimits = {
  minPartSize: 5 * MiB,
  maxPartSize: 5 * GiB,
  maxParts: 10_000,
  maxObjectSize: 10_000 * 5 * GiB,
  maxPutSize: 5 * GiB,
  maxPageSize: 1_000,
  maxDeleteKeys: 1_000,
  maxMetadataSize: 2_048,
  maxKeySize: 1_024,
};
