/** Predefined grants. Buckets that were made since April 2023 take none but the first two, unless their owner wants them. */
export type CannedAcl =
  | "private"
  | "bucket-owner-full-control"
  | "bucket-owner-read"
  | "public-read"
  | "public-read-write"
  | "authenticated-read"
  | "aws-exec-read"
  | (string & {});

/** Who encrypts the bytes at rest, with whose key: the store with its own, or with one of its key management service. */
export type Encryption =
  | { readonly type: "AES256" }
  | {
      readonly type: "aws:kms" | "aws:kms:dsse";
      /** The account's default key if left out. */
      readonly keyId?: string | undefined;
      /** What the key is bound to, and must be named again to decrypt. Not secret. */
      readonly context?: Readonly<Record<string, string>> | undefined;
      /** `true` lets the store ask its key service less often. */
      readonly bucketKey?: boolean | undefined;
    };

/** What is kept with an object besides its headers. A store tells it along with the object where it can; S3 tells no tags. */
export interface ObjectLabels {
  /** At most 10. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Such as `"STANDARD_IA"`. Left out: the store's default. */
  readonly storageClass?: string | undefined;
}

/**
 * What S3 takes where an object begins, and with no other request: `put` and `createMultipart`. A store that cannot
 * do what `acl` or `encryption` ask for refuses, with `NotImplemented`.
 */
export interface StorageOptions extends ObjectLabels {
  readonly acl?: CannedAcl | undefined;
  readonly encryption?: Encryption | undefined;
}

export interface CustomerKeyOptions {
  /**
   * The 32 bytes of a key of one's own, with which the store encrypts and of which it keeps nothing (SSE-C). Each request
   * that has to do with the object's bytes must bring it along. It goes over TLS only.
   */
  readonly customerKey?: Uint8Array | undefined;
}
