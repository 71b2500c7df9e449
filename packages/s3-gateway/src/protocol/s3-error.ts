export interface S3ErrorOptions {
  /** Left out: the code's own. */
  readonly status?: number | undefined;
  /** Milliseconds after which a new try makes sense. */
  readonly retryAfter?: number | undefined;
  /** What the answer tells besides, in headers. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  readonly cause?: unknown;
}

/** A refusal in the words of S3: what the client gets as XML. The message goes to the client, so it names no secret. */
export class S3Error extends Error {
  override readonly name = "S3Error";
  readonly code: string;
  readonly status: number;
  readonly retryAfter: number | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;

  constructor(code: string, message: string, options: S3ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? STATUS[code] ?? 400;
    this.retryAfter = options.retryAfter;
    this.headers = options.headers ?? {};
  }
}

export const isKnownCode = (code: string): boolean => code in STATUS;

// What is left out is 400, as most of S3's codes are.
// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const STATUS: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  BadDigest: 400,
  BucketAlreadyExists: 409,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  ConditionalRequestConflict: 409,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  ExpiredToken: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidDigest: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidToken: 400,
  KeyTooLongError: 400,
  MetadataTooLarge: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  NotModified: 304,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  RequestTimeout: 400,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  SlowDown: 503,
};
