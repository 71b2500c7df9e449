import { S3Error } from "../protocol/s3-error.js";

/** What a client claims: whose signature it is, what it covers, and from when to when it holds. */
export interface Claim {
  readonly via: "header" | "query";
  readonly accessKeyId: string;
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly timestamp: string;
  /** Seconds that a presigned URL holds. */
  readonly expires: number | undefined;
  readonly sessionToken: string | undefined;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const IN_QUERY = ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"].map(
  (name) => `X-Amz-${name}`,
);
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const LONGEST_EXPIRY = 7 * 24 * 3_600;

/** Reads the claim from the Authorization header or from the query of a presigned URL. */
export function readClaim(headers: Headers, query: ReadonlyMap<string, string>): Claim {
  const authorization = headers.get("authorization");
  if (query.has("AWSAccessKeyId")) checkAlgorithm("AWS");
  const presigned = query.has("X-Amz-Algorithm") || query.has("X-Amz-Signature");
  if (authorization !== null && presigned) {
    throw new S3Error("InvalidArgument", "Only one auth mechanism allowed: a header or a presigned URL.");
  }
  if (presigned) return fromQuery(query);
  if (authorization === null) throw new S3Error("AccessDenied", "Access Denied. The request is not signed.");
  return fromHeader(authorization, headers);
}

function fromHeader(authorization: string, headers: Headers): Claim {
  const space = authorization.indexOf(" ");
  checkAlgorithm(space < 0 ? authorization : authorization.slice(0, space));
  const pairs = authorization
    .slice(space + 1)
    .split(",")
    .map((field) => {
      const equals = field.indexOf("=");
      return [field.slice(0, equals).trim(), field.slice(equals + 1).trim()] as const;
    });
  const fields = new Map(pairs);
  if (fields.size < pairs.length) {
    throw new S3Error("AuthorizationHeaderMalformed", "The authorization header names a field twice.");
  }
  return {
    via: "header",
    ...scopeOf(fields.get("Credential"), "AuthorizationHeaderMalformed"),
    ...signatureOf(fields.get("SignedHeaders"), fields.get("Signature"), "AuthorizationHeaderMalformed"),
    timestamp: timestampOf(headers.get("x-amz-date")),
    expires: undefined,
    sessionToken: headers.get("x-amz-security-token") ?? undefined,
  };
}

function fromQuery(query: ReadonlyMap<string, string>): Claim {
  const code = "AuthorizationQueryParametersError";
  const missing = IN_QUERY.filter((name) => !query.has(name));
  if (missing.length > 0) {
    throw new S3Error(code, `A presigned URL needs the query parameters ${IN_QUERY.join(", ")}.`);
  }
  checkAlgorithm(query.get("X-Amz-Algorithm") ?? "");
  const expires = query.get("X-Amz-Expires") ?? "";
  if (!/^\d{1,6}$/.test(expires) || Number(expires) < 1 || Number(expires) > LONGEST_EXPIRY) {
    throw new S3Error(code, `X-Amz-Expires must be seconds from 1 to ${LONGEST_EXPIRY}.`);
  }
  return {
    via: "query",
    ...scopeOf(query.get("X-Amz-Credential"), code),
    ...signatureOf(query.get("X-Amz-SignedHeaders"), query.get("X-Amz-Signature"), code),
    timestamp: timestampOf(query.get("X-Amz-Date") ?? null, code),
    expires: Number(expires),
    sessionToken: query.get("X-Amz-Security-Token"),
  };
}

function checkAlgorithm(name: string): void {
  if (name === ALGORITHM) return;
  const told = /^AWS4-ECDSA/.test(name)
    ? "SigV4A is not supported"
    : name === "AWS"
      ? "SigV2 is not supported"
      : "The authorization mechanism you have provided is not supported";
  throw new S3Error("InvalidRequest", `${told}. Please use ${ALGORITHM}.`);
}

function scopeOf(credential: string | undefined, code: string) {
  const parts = credential?.split("/") ?? [];
  const [date, region, service, terminator] = parts.slice(-4);
  // The access key may have slashes of its own: the scope is what stands at the end.
  const accessKeyId = parts.slice(0, -4).join("/");
  if (accessKeyId === "" || !/^\d{8}$/.test(date ?? "") || !region || terminator !== "aws4_request") {
    throw new S3Error(code, "The credential must be of the form <key>/<YYYYMMDD>/<region>/s3/aws4_request.");
  }
  if (service !== "s3") throw new S3Error(code, `The credential is scoped to another service than "s3".`);
  return { accessKeyId, date: date!, region };
}

function signatureOf(signedHeaders: string | undefined, signature: string | undefined, code: string) {
  const names = signedHeaders?.split(";") ?? [];
  const ascending = names.every((name, i) => HEADER_NAME.test(name) && (i === 0 || names[i - 1]! < name));
  if (names.length === 0 || !ascending) {
    throw new S3Error(code, "SignedHeaders must name headers in lower case and ascending order.");
  }
  if (!/^[0-9a-f]{64}$/.test(signature ?? ""))
    throw new S3Error(code, "Signature must be 64 digits of base16.");
  return { signedHeaders: names, signature: signature! };
}

function timestampOf(timestamp: string | null, code = "AccessDenied"): string {
  if (timestamp === null || !/^\d{8}T\d{6}Z$/.test(timestamp)) {
    throw new S3Error(code, "AWS authentication requires a valid x-amz-date.");
  }
  return timestamp;
}
