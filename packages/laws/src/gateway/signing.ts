import { hex } from "../upload/digests.js";

// Signature version 4, for whoever signs and for whoever verifies. Slow and short: a key is derived each time.

/** A request before it is sent: path and query as they are meant, not as they are spelled. */
export interface Draft {
  readonly method: string;
  /** Begins with a slash. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Whose signature it is. */
export interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** What a signature is good for. */
export interface Scope {
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** What the signatures of chunks go on from. */
export interface Chain {
  readonly key: Uint8Array<ArrayBuffer>;
  readonly timestamp: string;
  readonly scope: string;
  readonly seed: string;
}

export const ALGORITHM = "AWS4-HMAC-SHA256";

const utf8 = (text: string) => new TextEncoder().encode(text);

/** RFC 3986: everything but the unreserved characters. */
export const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
export const encodedPath = (path: string): string => path.split("/").map(encoded).join("/");
export const encodedQuery = (query: Draft["query"]): string =>
  query.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join("&");

export const sha256 = async (bytes: Uint8Array | string): Promise<string> =>
  hex(
    new Uint8Array(
      await crypto.subtle.digest("SHA-256", typeof bytes === "string" ? utf8(bytes) : bytes.slice()),
    ),
  );

async function hmac(key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, utf8(text)));
}

export async function keyOf(secret: string, { date, region, service }: Scope) {
  let key = utf8(`AWS4${secret}`);
  for (const step of [date, region, service, "aws4_request"]) key = await hmac(key, step);
  return key;
}

export const scopeOf = ({ date, region, service }: Scope): string =>
  `${date}/${region}/${service}/aws4_request`;

/** The signature of a text under this key. */
export const signatureOf = async (key: Uint8Array<ArrayBuffer>, lines: readonly string[]): Promise<string> =>
  hex(await hmac(key, lines.join("\n")));

/** What is signed of a request. */
export async function toSign(
  { method, path, query, headers }: Draft,
  names: readonly string[],
  payload: string,
  timestamp: string,
  scope: string,
): Promise<string[]> {
  const pairs = query.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort();
  const lines = names.map((name) => `${name}:${(headers[name] ?? "").trim().replace(/ +/g, " ")}\n`).join("");
  const canonical = [method, encodedPath(path), pairs.join("&"), lines, names.join(";"), payload].join("\n");
  return [ALGORITHM, timestamp, scope, await sha256(canonical)];
}

/** How a request is signed. */
export interface Terms {
  readonly via: "header" | "query";
  readonly key: Key;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly region: string;
  readonly service: string;
  /** What a presigned URL says of how many seconds it holds. */
  readonly expires: string;
  /** Headers that are sent, and not covered. */
  readonly unsigned: readonly string[];
  /** The day that the credential names, if not that of `at`. */
  readonly date?: string | undefined;
}

export const stamp = (at: number): string => new Date(at).toISOString().replace(/[-:]|\.\d+/g, "");

/** The draft, signed. `payload` is what `x-amz-content-sha256` says, where that is sent. */
export async function signed(
  draft: Draft,
  terms: Terms,
  payload: string,
): Promise<{ readonly draft: Draft; readonly chain: Chain }> {
  const { via, key, region, service, expires, unsigned } = terms;
  const timestamp = stamp(terms.at);
  const place = { date: terms.date ?? timestamp.slice(0, 8), region, service };
  const scope = scopeOf(place);
  const token = key.sessionToken;
  const headers: Record<string, string> = { ...draft.headers };
  if (via === "header") {
    Object.assign(headers, { "x-amz-content-sha256": payload, "x-amz-date": timestamp });
    if (token !== undefined) headers["x-amz-security-token"] = token;
  }
  const names = Object.keys(headers)
    .filter((name) => !unsigned.includes(name))
    .sort();
  const claims: [string, string][] = [
    ["X-Amz-Algorithm", ALGORITHM],
    ["X-Amz-Credential", `${key.accessKeyId}/${scope}`],
    ["X-Amz-Date", timestamp],
    ["X-Amz-Expires", expires],
    ["X-Amz-SignedHeaders", names.join(";")],
    ...(token === undefined ? [] : [["X-Amz-Security-Token", token] as [string, string]]),
  ];
  const whole = { ...draft, headers, query: via === "query" ? [...draft.query, ...claims] : draft.query };
  const derived = await keyOf(key.secretAccessKey, place);
  const seed = await signatureOf(derived, await toSign(whole, names, payload, timestamp, scope));
  const chain = { key: derived, timestamp, scope, seed };
  if (via === "query")
    return { draft: { ...whole, query: [...whole.query, ["X-Amz-Signature", seed]] }, chain };
  const authorization = `${ALGORITHM} Credential=${key.accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${seed}`;
  return { draft: { ...whole, headers: { ...headers, authorization } }, chain };
}
