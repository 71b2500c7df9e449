import type { Sin } from "./sins.js";

/** Why a request is refused, as the client is told. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string = code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export type Operation =
  | ("PutObject" | "UploadPart" | "GetObject" | "HeadObject" | "DeleteObject" | "ListObjects")
  | ("CreateMultipartUpload" | "CompleteMultipartUpload" | "AbortMultipartUpload" | "DeleteObjects");

/** What a request is, to its last parameter. */
export interface Asked {
  readonly operation: Operation;
  readonly bucket: string;
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  readonly control: boolean;
}

interface Row {
  readonly operation: Operation;
  readonly method: string;
  readonly of: "bucket" | "object";
  /** The parameters that it has, all of them, beside those of the signature. */
  readonly query: readonly string[];
}

const ROWS: readonly Row[] = [
  { operation: "PutObject", method: "PUT", of: "object", query: [] },
  { operation: "UploadPart", method: "PUT", of: "object", query: ["partNumber", "uploadId"] },
  { operation: "GetObject", method: "GET", of: "object", query: [] },
  { operation: "HeadObject", method: "HEAD", of: "object", query: [] },
  { operation: "DeleteObject", method: "DELETE", of: "object", query: [] },
  { operation: "ListObjects", method: "GET", of: "bucket", query: ["list-type", "prefix"] },
  { operation: "CreateMultipartUpload", method: "POST", of: "object", query: ["uploads"] },
  { operation: "CompleteMultipartUpload", method: "POST", of: "object", query: ["uploadId"] },
  { operation: "AbortMultipartUpload", method: "DELETE", of: "object", query: ["uploadId"] },
  { operation: "DeleteObjects", method: "POST", of: "bucket", query: ["delete"] },
];

const OF_ALL =
  /^x-amz-(content-sha256|date|security-token|decoded-content-length|trailer|meta-.*|checksum-crc32)$/;

/** Says what a request is; whatever is not understood is refused. */
export function askedBy({ method, url, headers }: Request, sin: Sin | undefined): Asked {
  const { pathname, searchParams } = new URL(url);
  const [bucket = "", ...rest] = decodeURIComponent(pathname.slice(1)).split("/");
  const key = rest.join("/");
  const query = new Map(searchParams);
  if (query.size !== [...searchParams].length) throw new Refusal(400, "InvalidArgument");
  const own = [...query.keys()].filter((name) => name !== "x-id" && !name.startsWith("X-Amz-"));
  const of = key === "" ? "bucket" : "object";
  const known = ROWS.some((row) => row.method === method);
  const as = !known && sin === "takesAnyMethodForGet" ? "GET" : method;
  const candidates = ROWS.filter((row) => row.method === as && row.of === of);
  const row =
    candidates.find(
      ({ query }) => query.length === own.length && own.every((name) => query.includes(name)),
    ) ?? candidates.find(({ query, operation }) => isTakenFor(operation, query, own, sin));
  if (row === undefined) throw new Refusal(known ? 501 : 405, known ? "NotImplemented" : "MethodNotAllowed");
  for (const name of headers.keys()) {
    if (!name.startsWith("x-amz-") || OF_ALL.test(name) || sin === "ignoresUnknownHeaders") continue;
    throw new Refusal(501, "NotImplemented");
  }
  const { operation } = row;
  return { operation, bucket, key, query, control: method === "POST" };
}

function isTakenFor(
  operation: Operation,
  query: readonly string[],
  own: readonly string[],
  sin: Sin | undefined,
): boolean {
  if (query.length > 0) return false;
  if (sin === "takesSubresourcesForTheObject") return !own.includes("uploadId") && !own.includes("uploads");
  return sin === "takesPartsForObjects" && operation === "PutObject" && own.includes("partNumber");
}
