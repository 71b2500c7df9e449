import { createHash, createHmac } from "node:crypto";

// Signature version 4 once more, in few lines, so that the gateway is not tested against itself.

export const KEYS = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};

const sha256 = (data: Uint8Array | string): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: Uint8Array | string, data: string): Buffer =>
  createHmac("sha256", key).update(data).digest();

export interface Signed {
  readonly headers: Readonly<Record<string, string>>;
  /** The signature of the next chunk of this body. */
  chunk(bytes: Uint8Array): string;
  /** The signature of these trailers. */
  trailer(lines: string): string;
}

/** Signs a request whose target needs no encoding, now, for any region's taste. */
export function signed(
  method: string,
  target: string,
  unsigned: Readonly<Record<string, string>>,
  at: Date = new Date(),
): Signed {
  const timestamp = at.toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = `${timestamp.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const headers: Record<string, string> = { ...unsigned, "x-amz-date": timestamp };
  const names = Object.keys(headers).sort();
  const [path = "", query = ""] = target.split("?");
  const pairs = query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => (pair.includes("=") ? pair : `${pair}=`));
  const canonical = [
    method,
    path,
    pairs.sort().join("&"),
    ...names.map((name) => `${name}:${headers[name]}`),
    "",
    names.join(";"),
    headers["x-amz-content-sha256"],
  ].join("\n");
  let key: Buffer | string = `AWS4${KEYS.secretAccessKey}`;
  for (const step of scope.split("/")) key = hmac(key, step);
  const signingKey = key as Buffer;
  const sign = (kind: string, ...lines: readonly string[]): string =>
    hmac(signingKey, [kind, timestamp, scope, ...lines].join("\n")).toString("hex");
  let previous = sign("AWS4-HMAC-SHA256", sha256(canonical));
  const next = (signature: string): string => {
    previous = signature;
    return signature;
  };
  const credential = `${KEYS.accessKeyId}/${scope}`;
  return {
    headers: {
      ...headers,
      authorization: `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${names.join(";")},Signature=${previous}`,
    },
    chunk: (bytes) => next(sign("AWS4-HMAC-SHA256-PAYLOAD", previous, sha256(""), sha256(bytes))),
    trailer: (lines) => next(sign("AWS4-HMAC-SHA256-TRAILER", previous, sha256(lines))),
  };
}
