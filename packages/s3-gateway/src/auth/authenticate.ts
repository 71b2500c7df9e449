import type { CredentialLookup, Credentials, Identity } from "../identity.js";
import { orLeft } from "../or-left.js";
import { S3Error } from "../protocol/s3-error.js";
import { type Claim, readClaim } from "./authorization.js";
import { canonicalRequests } from "./canonical.js";
import { hashOf, type SigningKeys, sameText, sign } from "./signing-key.js";

/** What signed chunks continue: each signature covers the one before it. */
export interface SignatureChain {
  readonly key: CryptoKey;
  readonly timestamp: string;
  readonly scope: string;
  readonly seed: string;
}

export interface Caller {
  readonly identity: Identity;
  /** Undefined when nobody is asked for a signature, so that none can be checked. */
  readonly chain: SignatureChain | undefined;
}

export interface Authentication {
  readonly lookup: CredentialLookup | "anonymous";
  /** Undefined: any region is as good as another. */
  readonly region: string | undefined;
  readonly keys: SigningKeys;
}

const ANONYMOUS: Caller = { identity: { accessKeyId: undefined }, chain: undefined };
const MOST_SKEW = 15 * 60_000;

/** Finds out who sent a request, or throws why it cannot be believed. */
export async function authenticate(
  { lookup, region, keys }: Authentication,
  request: Request,
  url: URL,
  query: ReadonlyMap<string, string>,
): Promise<Caller> {
  if (lookup === "anonymous") return ANONYMOUS;
  const { headers, method } = request;
  const claim = readClaim(headers, query);
  const scope = `${claim.date}/${claim.region}/s3/aws4_request`;
  checkCoverage(claim, headers);
  checkTime(claim);
  if (region !== undefined && claim.region !== region) {
    const code =
      claim.via === "header" ? "AuthorizationHeaderMalformed" : "AuthorizationQueryParametersError";
    throw new S3Error(code, `The region "${claim.region}" is wrong; expecting "${region}".`);
  }
  const credentials = await orLeft(lookup(claim.accessKeyId), request.signal);
  if (credentials === undefined) {
    throw new S3Error(
      "InvalidAccessKeyId",
      "The AWS access key ID you provided does not exist in our records.",
    );
  }
  const key = await keys.get(claim, credentials.secretAccessKey);
  const candidates = canonicalRequests(
    {
      method,
      url,
      headers,
      signedHeaders: claim.signedHeaders,
      payloadHash: payloadHash(claim, headers, query),
    },
    claim.via === "query" ? "X-Amz-Signature" : undefined,
  );
  if (!(await isSigned(key, claim, scope, candidates))) {
    throw new S3Error(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    );
  }
  checkSession(claim, credentials);
  return {
    identity: { accessKeyId: claim.accessKeyId, owner: credentials.owner },
    chain: { key, timestamp: claim.timestamp, scope, seed: claim.signature },
  };
}

async function isSigned(key: CryptoKey, claim: Claim, scope: string, candidates: readonly string[]) {
  let found = false;
  for (const candidate of candidates) {
    const toSign = ["AWS4-HMAC-SHA256", claim.timestamp, scope, await hashOf(candidate)].join("\n");
    if (sameText(await sign(key, toSign), claim.signature)) found = true;
  }
  return found;
}

function payloadHash(claim: Claim, headers: Headers, query: ReadonlyMap<string, string>): string {
  const declared = headers.get("x-amz-content-sha256");
  if (declared !== null) return declared;
  if (claim.via === "query") {
    // Whoever made the URL did not know the body, and a digest in it would have to be checked against one.
    const promised = query.get("X-Amz-Content-Sha256") ?? "UNSIGNED-PAYLOAD";
    if (promised === "UNSIGNED-PAYLOAD") return promised;
    throw new S3Error("NotImplemented", "X-Amz-Content-Sha256 in a URL must be UNSIGNED-PAYLOAD.");
  }
  throw new S3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
}

// A header that means something and is not signed could have been added by anybody on the way.
function checkCoverage({ signedHeaders }: Claim, headers: Headers): void {
  const covered = new Set(signedHeaders);
  const missing = ["host", ...headers.keys()].filter(
    (name) => (name === "host" || name.startsWith("x-amz-")) && !covered.has(name),
  );
  if (missing.length > 0) {
    throw new S3Error(
      "AccessDenied",
      `There were headers present in the request which were not signed: ${missing.join(", ").slice(0, 200)}.`,
    );
  }
}

function checkTime({ date, timestamp, expires }: Claim): void {
  const at = Date.parse(
    timestamp.replace(
      /^(....)(..)(..)T(..)(..)(..)Z$/,
      (_, y, mo, d, h, mi, s) => `${y}-${mo}-${d}T${h}:${mi}:${s}Z`,
    ),
  );
  if (Number.isNaN(at) || !timestamp.startsWith(date)) {
    throw new S3Error("AccessDenied", "The date of the credential and x-amz-date do not agree.");
  }
  const age = Date.now() - at;
  const tooLate = expires === undefined ? age > MOST_SKEW : age > expires * 1_000;
  if (expires !== undefined && tooLate) throw new S3Error("AccessDenied", "Request has expired.");
  if (tooLate || age < -MOST_SKEW) {
    throw new S3Error(
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
    );
  }
}

function checkSession({ sessionToken }: Claim, credentials: Credentials): void {
  if (!sameText(sessionToken ?? "", credentials.sessionToken ?? "")) {
    throw new S3Error("InvalidToken", "The provided token is malformed or otherwise invalid.");
  }
  if (credentials.expires !== undefined && credentials.expires.getTime() <= Date.now()) {
    throw new S3Error("ExpiredToken", "The provided token has expired.");
  }
}
