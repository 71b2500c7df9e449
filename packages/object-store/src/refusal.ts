import { StoreError, type StoreErrorCode, type Unmodified } from "./errors.js";

const STATUSES: Readonly<Record<string, number>> = {
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  ConditionalRequestConflict: 409,
  InternalError: 500,
  InvalidPartNumber: 416,
  InvalidRange: 416,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  NotModified: 304,
  PreconditionFailed: 412,
};

/** What the stores of this package refuse with: S3's code and status, and an id as a server would give it. */
export function refusal(
  code: StoreErrorCode,
  message: string,
  cause?: unknown,
  unmodified?: Unmodified,
): StoreError {
  const status = STATUSES[code] ?? 400;
  return new StoreError(code, message, { status, requestId: requestId(), cause, unmodified });
}

function requestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .toUpperCase();
}
