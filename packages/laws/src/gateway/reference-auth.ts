import { Refusal } from "./reference-asked.js";
import { ALGORITHM, type Chain, type Draft, keyOf, scopeOf, signatureOf, stamp, toSign } from "./signing.js";
import type { Sin } from "./sins.js";
import type { LookupLike } from "./subject.js";

const MOST_SKEW = 15 * 60_000;
const LONGEST_EXPIRY = 7 * 24 * 3_600;

/** What a client claims of its signature. */
interface Claim {
  readonly via: "header" | "query";
  readonly credential: string;
  readonly names: readonly string[];
  readonly signature: string;
  readonly timestamp: string;
  readonly expires: string;
  readonly token: string | undefined;
}

/** Whose request it is is known when this resolves; it refuses what cannot be believed. */
export async function authenticated(
  request: Request,
  lookup: LookupLike,
  region: string,
  sin: Sin | undefined,
): Promise<Chain> {
  const url = new URL(request.url);
  const claim = claimOf(request.headers, url.searchParams);
  if (claim === undefined) {
    if (sin === "letsTheUnsignedIn") return { key: new Uint8Array(0), timestamp: "", scope: "", seed: "" };
    throw new Refusal(403, "AccessDenied");
  }
  const { names, timestamp, credential, via } = claim;
  const headers = { ...Object.fromEntries(request.headers), host: url.host };
  const uncovered = Object.keys(headers).filter((name) => name.startsWith("x-amz-") && !names.includes(name));
  if (!names.includes("host") || (uncovered.length > 0 && sin !== "letsHeadersIn"))
    throw new Refusal(403, "AccessDenied");
  checkTime(claim, sin);

  const [accessKeyId = "", date = "", ...rest] = credential.split("/");
  const [own, service, terminator] = rest;
  const scope = { date, region: own ?? "", service: service ?? "" };
  const meant =
    own === region && service === "s3" && terminator === "aws4_request" && timestamp.startsWith(date);
  if (!meant && sin !== "ignoresTheScope") throw new Refusal(400, "AuthorizationHeaderMalformed");
  const credentials = await lookup(accessKeyId);
  if (credentials === undefined) throw new Refusal(403, "InvalidAccessKeyId");

  const key = await keyOf(credentials.secretAccessKey, scope);
  const payload = via === "query" ? "UNSIGNED-PAYLOAD" : (request.headers.get("x-amz-content-sha256") ?? "");
  if (payload === "") throw new Refusal(400, "InvalidRequest");
  const methods = sin === "takesGetForHead" && request.method === "HEAD" ? ["HEAD", "GET"] : [request.method];
  let right = "";
  for (const method of methods) {
    const query = [...url.searchParams].filter(([name]) => isSigned(name, sin));
    const draft: Draft = { method, path: decodeURIComponent(url.pathname), query, headers };
    const lines = await toSign(draft, names, payload, timestamp, scopeOf(scope));
    right = await signatureOf(key, lines);
    if (!isSame(claim.signature, right, sin)) continue;
    if ((claim.token ?? "") !== (credentials.sessionToken ?? "") && sin !== "takesAnyToken") break;
    return { key, timestamp, scope: scopeOf(scope), seed: claim.signature };
  }
  const hint = sin === "tellsTheRightSignature" ? `It should be ${right}.` : undefined;
  throw new Refusal(403, "SignatureDoesNotMatch", hint);
}

const isSigned = (name: string, sin: Sin | undefined): boolean =>
  name !== "X-Amz-Signature" && (name !== "x-id" || sin !== "signsKnownQueries");

function isSame(claimed: string, right: string, sin: Sin | undefined): boolean {
  if (sin === "comparesAPrefix") return right.startsWith(claimed);
  return sin === "comparesHalf" ? claimed.slice(0, 32) === right.slice(0, 32) : claimed === right;
}

function claimOf(headers: Headers, query: URLSearchParams): Claim | undefined {
  const authorization = headers.get("authorization");
  const presigned = query.has("X-Amz-Signature") || query.has("X-Amz-Algorithm");
  if (authorization === null && !presigned) return undefined;
  if (authorization !== null && presigned) throw new Refusal(400, "InvalidArgument");
  const [algorithm = "", ...fields] = (authorization ?? "").split(/[ ,]+/);
  const field = (name: string) =>
    presigned
      ? (query.get(`X-Amz-${name}`) ?? "")
      : (fields.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? "");
  if ((presigned ? field("Algorithm") : algorithm) !== ALGORITHM) throw new Refusal(400, "InvalidRequest");
  return {
    via: presigned ? "query" : "header",
    credential: field("Credential"),
    names: field("SignedHeaders").split(";"),
    signature: field("Signature"),
    timestamp: presigned ? field("Date") : (headers.get("x-amz-date") ?? ""),
    expires: presigned ? field("Expires") : "",
    token: (presigned ? query.get("X-Amz-Security-Token") : headers.get("x-amz-security-token")) ?? undefined,
  };
}

function checkTime({ via, timestamp, expires }: Claim, sin: Sin | undefined): void {
  const [, y, mo, d, h, mi, s] = /^(....)(..)(..)T(..)(..)(..)Z$/.exec(timestamp) ?? [];
  const at = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  if (Number.isNaN(at) || stamp(at) !== timestamp) throw new Refusal(403, "AccessDenied");
  const age = Date.now() - at;
  if (via === "query") {
    const seconds = /^\d+$/.test(expires) ? Number(expires) : 0;
    const most = sin === "takesAnyExpiry" ? Number.POSITIVE_INFINITY : LONGEST_EXPIRY;
    if (seconds < 1 || seconds > most) throw new Refusal(400, "AuthorizationQueryParametersError");
    if (age > seconds * 1_000 && sin !== "ignoresTheExpiry") throw new Refusal(403, "AccessDenied");
    if (age < -MOST_SKEW) throw new Refusal(403, "RequestTimeTooSkewed");
  } else if (Math.abs(age) > MOST_SKEW && sin !== "ignoresTheDate") {
    throw new Refusal(403, "RequestTimeTooSkewed");
  }
}
