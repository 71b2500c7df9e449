import { OPERATIONS, type OperationRow } from "./operation.js";
import { S3Error } from "./s3-error.js";
import { parseTarget, type RequestTarget } from "./target.js";

/** A request that is understood to its last parameter. */
export interface Asked extends RequestTarget {
  readonly operation: OperationRow["operation"];
  readonly body: OperationRow["body"];
}

// Belong to the signature, or are there for logs.
const QUERY_OF_ALL = new Set([
  "x-id",
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-Security-Token",
  "X-Amz-Signature",
  "X-Amz-SignedHeaders",
  "X-Amz-Content-Sha256",
  // SigV2, which is refused where signatures are looked at.
  "AWSAccessKeyId",
  "Signature",
  "Expires",
]);
const HEADERS_OF_ALL = new Set(["content-sha256", "date", "security-token", "user-agent"]);

// Understood only as what holds anyway.
const ONLY_VALUES: Readonly<Record<string, readonly string[]>> = {
  "x-amz-acl": ["private", "bucket-owner-full-control"],
};

/**
 * Says which operation a request is, from its method, path, query and headers alone.
 *
 * Throws NotImplemented for every parameter and `x-amz-` header that the operation does not know. Ignoring one
 * would turn `PUT /bucket/key?acl` into an overwritten object, and an encryption header into plain text.
 */
export function classify(method: string, url: URL, headers: Headers): Asked {
  const target = parseTarget(url);
  const level = target.bucket === "" ? "service" : target.key === "" ? "bucket" : "object";
  const row = OPERATIONS.find(
    (candidate) =>
      candidate.level === level &&
      candidate.method === method &&
      (candidate.markHeader === undefined || headers.has(candidate.markHeader)) &&
      candidate.marks.every((mark) => isMarked(target.query, mark)),
  );
  if (row === undefined) {
    if (target.query.size > 0) throw notImplemented(`${method} with these query parameters`);
    throw new S3Error("MethodNotAllowed", `The method ${method} is not allowed against this resource.`);
  }
  checkQuery(row, target.query);
  checkHeaders(row, headers);
  return { ...target, operation: row.operation, body: row.body };
}

function isMarked(query: ReadonlyMap<string, string>, mark: string): boolean {
  const [name = "", value] = mark.split("=");
  const given = query.get(name);
  return value === undefined ? given !== undefined : given === value;
}

function checkQuery(row: OperationRow, query: ReadonlyMap<string, string>): void {
  const marks = row.marks.map((mark) => mark.split("=")[0]!);
  for (const name of query.keys()) {
    if (marks.includes(name) || row.query.includes(name) || QUERY_OF_ALL.has(name)) continue;
    throw notImplemented(`the query parameter ${shown(name)} of ${row.operation}`);
  }
}

function checkHeaders(row: OperationRow, headers: Headers): void {
  for (const [name, value] of headers) {
    if (!name.startsWith("x-amz-")) continue;
    const short = name.slice("x-amz-".length);
    const known =
      HEADERS_OF_ALL.has(short) ||
      row.headers.includes(short) ||
      (short.startsWith("meta-") && row.headers.includes("meta-*"));
    if (!known) throw notImplemented(`the header ${shown(name)} of ${row.operation}`);
    // What is no header of its own cannot be signed and told back as one: no two parties agree on its bytes.
    if (short.startsWith("meta-") && !/^[ -~]*$/.test(value)) {
      throw new S3Error("InvalidArgument", `The value of ${shown(name)} must be printable ASCII.`);
    }
    if (ONLY_VALUES[name]?.includes(value) === false) throw notImplemented(`this value of ${name}`);
  }
}

const notImplemented = (what: string): S3Error =>
  new S3Error(
    "NotImplemented",
    `A part of the request implies functionality that is not implemented: ${what}.`,
  );

const shown = (name: string) => (name.length > 60 ? `${name.slice(0, 60)}…` : name);
