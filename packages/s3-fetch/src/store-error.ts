import { StoreError, type StoreErrorCode } from "@sluice/object-store";
import { parseDocument, textOf } from "./xml.js";

/** What a refusal says, wherever the store has said it. */
export interface Refusal {
  readonly code: StoreErrorCode;
  readonly message: string;
  readonly requestId: string | undefined;
  /** The store's own time, by its error or by its Date header. */
  readonly serverTime: string | undefined;
}

/** Reads an answer that is no success; without a body that says more, by its status. */
export function refusalOf(
  { status, headers }: { readonly status: number; readonly headers: Headers },
  text: string | undefined,
  notFound: StoreErrorCode = "NoSuchKey",
  region = "auto",
): Refusal {
  const root = text ? parseDocument(text) : undefined;
  const said = (name: string) => (root?.name === "Error" && textOf(root, name)) || undefined;
  const code = said("Code");
  const message = (said("Message") ?? `the store answered ${status} and said no more`).slice(0, 1000);
  return {
    // Ceph's word for a missing upload, where its parts are listed.
    code: code && !(code === "NoSuchKey" && notFound === "NoSuchUpload") ? code : codeOf(status, notFound),
    message: message + direction(headers, said, region),
    requestId: headers.get("x-amz-request-id") ?? said("RequestId"),
    serverTime: said("ServerTime") ?? headers.get("date") ?? undefined,
  };
}

/** Where the bucket is, or where the answer leads to, if the store says so. Nobody follows: a signature is for one host. */
function direction(headers: Headers, said: (name: string) => string | undefined, region: string): string {
  const there = headers.get("x-amz-bucket-region") ?? said("Region") ?? "";
  if (/^[\w-]{1,40}$/.test(there)) {
    if (there === region) return "";
    return `; the bucket is in ${there}${region === "auto" ? "" : `, not in ${region}`}`;
  }
  // Without its path and query, which may be secret.
  const [to] = /^https?:\/\/[\w.:[\]-]{1,255}/i.exec(headers.get("location") ?? said("Endpoint") ?? "") ?? [];
  return to === undefined ? "" : `; it sends to ${to}`;
}

function codeOf(status: number, notFound: StoreErrorCode): StoreErrorCode {
  if (status === 404) return notFound;
  return CODES[status] ?? (status >= 300 && status < 500 ? "InvalidRequest" : "InternalError");
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

/** Milliseconds, from `x-amz-retry-after` or from `Retry-After` with seconds or a date. */
export function retryAfterOf(headers: Headers): number | undefined {
  const exact = Number(headers.get("x-amz-retry-after") ?? Number.NaN);
  if (exact >= 0) return exact;
  const text = headers.get("retry-after");
  if (text === null) return undefined;
  const seconds = Number(text);
  const ms = Number.isNaN(seconds) ? Date.parse(text) - Date.now() : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** What a transport failed with. Never the path or the headers: a signed request has its secrets there. */
export function networkError(error: unknown, origin: string, region: string): StoreError {
  if (error instanceof StoreError) return error;
  const errno = errnoOf(error);
  const why = errno ?? String((error as { message?: unknown } | undefined)?.message ?? error);
  // Of fetch that was told to follow none.
  if (/redirect/i.test(`${why} ${String((error as { cause?: unknown } | undefined)?.cause)}`)) {
    const what = `${origin} sends to another endpoint, perhaps to that of another region than ${region}`;
    return new StoreError("TemporaryRedirect", what, { cause: error });
  }
  return new StoreError("NetworkError", `no answer from ${origin} (${why})`, {
    retryable: errno === undefined || !HOPELESS.test(errno),
    cause: error,
  });
}

// A name that does not exist, a certificate that is not trusted, a server that does not speak the protocol:
// the next try ends the same way.
const HOPELESS = /^(ENOTFOUND|EPROTO|HPE_|ERR_|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO_)/;

/** The system's own name of a failure, wherever the runtime has put it. */
function errnoOf(error: unknown, depth = 0): string | undefined {
  if (typeof error !== "object" || error === null || depth > 4) return undefined;
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown[] };
  if (typeof code === "string" && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
  return errnoOf(cause, depth + 1) ?? errnoOf(errors?.[0], depth + 1);
}
