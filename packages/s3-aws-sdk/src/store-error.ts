import { StoreError, type StoreErrorCode, type Unmodified } from "@sluice/object-store";
import { etagOf } from "./fields.js";
import type { Sending, WireRequest, WireResponse } from "./wire.js";

/** @internal Turns whatever the SDK failed with into the port's one kind of error. */
export function toStoreError(error: unknown, sending: Sending, notFound?: StoreErrorCode): StoreError {
  if (error instanceof StoreError) return error;
  const { request, response, unanswered } = sending;
  const errno = errnoOf(error);
  if (request && !isLocal(errno) && (unanswered || errno !== undefined)) {
    return networkError(error, errno, request);
  }
  const { name, message, Code } = error as { name: string; message: string; Code?: unknown };
  if (response === undefined) {
    return new StoreError(BUILT_IN.test(name) ? "ClientError" : name, message, { cause: error });
  }
  // What the SDK says when the store has given no message.
  const said =
    message === "UnknownError" ? `the store answered ${response.status} and said no more` : message;
  return new StoreError(codeOf(response.status, Code, notFound), said, {
    status: response.status,
    requestId: response.headers["x-amz-request-id"],
    retryAfter: retryAfter(response),
    unmodified: response.status === 304 ? unmodifiedIn(response) : undefined,
    cause: causeOf(error),
  });
}

// An error that the SDK has read from an answer keeps that answer, and by it the socket and the request with
// its signed headers, for every logger to print. Its facts are in the StoreError.
const causeOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "$response" in error ? undefined : error;

function unmodifiedIn({ headers }: WireResponse): Unmodified | undefined {
  const { etag } = headers;
  const modified = new Date(headers["last-modified"] ?? Number.NaN);
  const lastModified = Number.isNaN(modified.getTime()) ? undefined : modified;
  return etag ? { etag: etagOf(etag), lastModified } : undefined;
}

const BUILT_IN = /^([A-Z][a-z]+)?Error$/;

function codeOf(status: number, code: unknown, notFound: StoreErrorCode = "NoSuchKey"): StoreErrorCode {
  if (typeof code === "string" && code !== "") {
    // Ceph's word for a missing upload, where its parts are listed.
    return code === "NoSuchKey" && notFound === "NoSuchUpload" ? notFound : code;
  }
  if (status === 404) return notFound;
  return CODES[status] ?? (status >= 400 && status < 500 ? "InvalidRequest" : "InternalError");
}

// What a status means where no XML says more: an answer to HEAD has no body, and a proxy in front of a store
// speaks HTML.
const CODES: Readonly<Record<number, StoreErrorCode>> = {
  301: "PermanentRedirect",
  304: "NotModified",
  307: "TemporaryRedirect",
  403: "AccessDenied",
  405: "MethodNotAllowed",
  408: "RequestTimeout",
  409: "ConditionalRequestConflict",
  411: "MissingContentLength",
  412: "PreconditionFailed",
  413: "EntityTooLarge",
  416: "InvalidRange",
  429: "SlowDown",
  501: "NotImplemented",
  503: "SlowDown",
};

function networkError(error: unknown, errno: string | undefined, request: WireRequest): StoreError {
  const port = request.port === undefined ? "" : `:${request.port}`;
  const why = errno ?? (error as Error).message;
  // Never the path or the headers: a presigned or signed request has its secrets there.
  return new StoreError(
    "NetworkError",
    `no answer from ${request.protocol}//${request.hostname}${port} (${why})`,
    {
      retryable: errno === undefined || !HOPELESS.test(errno),
      cause: causeOf(error),
    },
  );
}

// A name that does not exist, a certificate that is not trusted, a server that does not speak the protocol:
// the next try ends the same way.
const HOPELESS = /^(ENOTFOUND|EPROTO|HPE_|ERR_|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO_)/;

// Refused by the runtime before anything was sent, such as a header with a line break.
const isLocal = (errno: string | undefined) => errno?.startsWith("ERR_") && !/TLS|SSL|STREAM/.test(errno);

/** The system's own name of a failure, wherever the runtime has put it. */
function errnoOf(error: unknown, depth = 0): string | undefined {
  if (typeof error !== "object" || error === null || depth > 4) return undefined;
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown[] };
  if (typeof code === "string" && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
  return errnoOf(cause, depth + 1) ?? errnoOf(errors?.[0], depth + 1);
}

/** Milliseconds, from `x-amz-retry-after` or from `Retry-After` with seconds or a date. */
function retryAfter({ headers }: WireResponse): number | undefined {
  const exact = Number(headers["x-amz-retry-after"] ?? Number.NaN);
  if (exact >= 0) return exact;
  const text = headers["retry-after"];
  if (text === undefined) return undefined;
  const seconds = Number(text);
  const ms = Number.isNaN(seconds) ? Date.parse(text) - Date.now() : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
