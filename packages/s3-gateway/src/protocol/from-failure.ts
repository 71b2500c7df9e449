import type { Unmodified } from "@sluice/object-store";
import { isKnownCode, S3Error } from "./s3-error.js";

/** What a failure of any kind is called in front of the client. */
export function toS3Error(failure: unknown): S3Error {
  if (failure instanceof S3Error) return failure;
  const { code, message, status, retryAfter, retryable, unmodified } = facts(failure);
  const options = { retryAfter, headers: validators(unmodified), cause: failure };
  switch (code) {
    // The budget's own refusals.
    case "ERR_WAIT_TIMEOUT":
    case "ERR_OVERLOADED":
      return new S3Error("SlowDown", "The memory budget is taken. Reduce your request rate.", {
        ...options,
        retryAfter: retryAfter ?? 1_000,
      });
    case "ERR_TOO_HEAVY":
      return new S3Error("EntityTooLarge", "The request needs more memory than this gateway has.", options);
    case "ERR_CLOSED":
      return new S3Error("ServiceUnavailable", "The gateway is shutting down.", {
        ...options,
        retryAfter: retryAfter ?? 1_000,
      });
    case "NetworkError":
      return new S3Error("ServiceUnavailable", "The store behind the gateway could not be reached.", options);
    // The gateway's own credentials were refused: the client's are not to blame, and signing again cannot help.
    case "AuthorizationHeaderMalformed":
    case "ExpiredToken":
    case "InvalidAccessKeyId":
    case "InvalidToken":
    case "RequestTimeTooSkewed":
    case "SignatureDoesNotMatch":
    case "TokenRefreshRequired":
      // The next try is signed with other credentials, or by a clock that was set right.
      if (retryable) return unavailable("The gateway renews its credentials for its store.", 1_000, failure);
      return new S3Error("InternalError", "The gateway could not authenticate to its store.", options);
    case "IncompleteBody":
      // The client's own body is told of by its own error: this store has not waited for it.
      if (retryable) return unavailable("The store behind the gateway did not read the body.", 0, failure);
  }
  // Who may not is the gateway: its name, and that of the store's bucket, are none of the client's business.
  if (status === 403) return new S3Error(code, "Access Denied.", { ...options, status });
  if (isKnownCode(code) && code !== "InternalError") return new S3Error(code, message, options);
  if (status !== undefined && status >= 400 && status < 500)
    return new S3Error(code, message, { ...options, status });
  return new S3Error("InternalError", "We encountered an internal error. Please try again.", options);
}

const unavailable = (message: string, retryAfter: number, cause: unknown) =>
  new S3Error("ServiceUnavailable", message, { retryAfter, cause });

/** What a request is called that nobody waits for any more. */
export const clientLeft = () =>
  new S3Error("RequestAborted", "The client left before it was answered.", { status: 499 });

/** The id that a store has given the request which it refused. */
export function upstreamRequestId(failure: unknown): string | undefined {
  const { requestId } = (failure ?? {}) as { readonly requestId?: unknown };
  // It comes from somebody else, and goes into logs.
  return typeof requestId === "string" && /^[\x21-\x7e]{1,200}$/.test(requestId) ? requestId : undefined;
}

interface Facts {
  readonly code: string;
  readonly message: string;
  readonly status: number | undefined;
  readonly retryAfter: number | undefined;
  readonly retryable: boolean;
  readonly unmodified: Unmodified | undefined;
}

// What a 304 must tell, so that a cache knows which of what it has is still good.
const validators = (unmodified: Unmodified | undefined) =>
  unmodified && { etag: unmodified.etag, "last-modified": unmodified.lastModified?.toUTCString() };

// By shape: a StoreError may come from another copy of its class.
function facts(failure: unknown): Facts {
  const { code, message, status, retryAfter, retryable, unmodified } = (failure ?? {}) as Readonly<
    Record<string, unknown>
  >;
  const name = typeof code === "string" ? code : "";
  const text = typeof message === "string" ? message : "";
  return {
    code: name,
    message: text.startsWith(`${name}: `) ? text.slice(name.length + 2) : text,
    status: typeof status === "number" ? status : undefined,
    retryAfter: typeof retryAfter === "number" ? retryAfter : undefined,
    retryable: retryable === true,
    unmodified: unmodified as Unmodified | undefined,
  };
}
