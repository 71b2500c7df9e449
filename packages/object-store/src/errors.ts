/** Codes that Sluice itself relies on; a store may have others. They are S3's own names. */
export type StoreErrorCode =
  | "AccessDenied"
  | "BadDigest"
  | "BucketAlreadyExists"
  | "BucketAlreadyOwnedByYou"
  | "BucketNotEmpty"
  | "ConditionalRequestConflict"
  | "EntityTooLarge"
  | "EntityTooSmall"
  | "IncompleteBody"
  | "InternalError"
  | "InvalidAccessKeyId"
  | "InvalidArgument"
  | "InvalidBucketName"
  | "InvalidDigest"
  | "InvalidPart"
  | "InvalidPartOrder"
  | "InvalidRange"
  | "InvalidRequest"
  | "KeyTooLongError"
  | "MetadataTooLarge"
  | "NetworkError"
  | "NoSuchBucket"
  | "NoSuchKey"
  | "NoSuchUpload"
  | "NotImplemented"
  | "NotModified"
  | "PreconditionFailed"
  | "RequestTimeout"
  | "SignatureDoesNotMatch"
  | "SlowDown"
  | (string & {});

export interface StoreErrorOptions {
  /** Whether the same request may succeed later. Left out: derived from the code and the status. */
  readonly retryable?: boolean | undefined;
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  /** Milliseconds that the store asked to wait before the next try. */
  readonly retryAfter?: number | undefined;
  /** Of `NotModified`: what the object still is. */
  readonly unmodified?: Unmodified | undefined;
  readonly cause?: unknown;
}

/** What a reader has already. */
export interface Unmodified {
  readonly etag: string;
  readonly lastModified?: Date | undefined;
}

/**
 * Why a store refused or failed. Match on `code` and `retryable`, not on the class: they survive bundling and
 * duplicate copies.
 */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;
  readonly retryable: boolean;
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;
  /** The server's own id of the request, for its logs. */
  readonly requestId: string | undefined;
  readonly retryAfter: number | undefined;
  readonly unmodified: Unmodified | undefined;

  constructor(code: StoreErrorCode, message: string, options: StoreErrorOptions = {}) {
    super(`${code}: ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.requestId = options.requestId;
    this.retryAfter = options.retryAfter;
    this.unmodified = options.unmodified;
    this.retryable = options.retryable ?? isRetryable(code, options.status);
  }
}

// Throttling and transient failures, by the retry behaviour that the AWS SDKs share.
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
const RETRYABLE_CODES: ReadonlySet<string> = new Set([
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "TooManyRequests",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "RequestTimeout",
  "RequestTimeoutException",
  "TimeoutError",
  "NetworkError",
  "InternalError",
  "ServiceUnavailable",
  // The next try is signed anew: with credentials that were renewed meanwhile, and by a clock that was set right.
  "ExpiredToken",
  "ExpiredTokenException",
  "RequestTimeTooSkewed",
]);
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** Whether a failure with this code and status is worth another try. */
export function isRetryable(code: string, status?: number): boolean {
  return RETRYABLE_CODES.has(code) || (status !== undefined && RETRYABLE_STATUSES.has(status));
}
