import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";

export type Operation =
  | "PutObject"
  | "CreateMultipartUpload"
  | "UploadPart"
  | "CompleteMultipartUpload"
  | "AbortMultipartUpload"
  | "PutObjectTagging"
  | "ListParts"
  | "HeadObject";

/** A request as the SDK has signed it. */
export interface Call {
  readonly operation: Operation;
  readonly part: number | undefined;
  readonly path: string;
  /** Without those that differ from one run to the next. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export const LOSE = "carry out, and lose the answer";

/** What is answered in the place of the usual; `undefined` for the usual. It may never answer. */
export type Twist = (
  call: Call,
  signal: AbortSignal | undefined,
) => Promise<Answer> | Answer | typeof LOSE | undefined;

/** An S3 behind the SDK's request handler: nothing goes over the wire, and everything up to it is the SDK's. */
export class ScriptedS3 {
  readonly calls: Call[] = [];
  /** Multipart uploads that were begun, and neither completed nor aborted. */
  readonly open = new Set<string>();
  /** The bodies of what was published, by path. */
  readonly objects = new Map<string, string>();
  readonly #twist: Twist;
  readonly #parts = new Map<string, string[]>();
  readonly #etags = new Map<string, string>();

  constructor(twist: Twist = () => undefined) {
    this.#twist = twist;
  }

  client(config: Partial<S3ClientConfig> = {}): S3Client {
    return new S3Client({
      region: "eu-central-1",
      credentials: { accessKeyId: "KEYKEYKEY", secretAccessKey: "secretsecret" },
      maxAttempts: 1,
      requestHandler: {
        handle: async (request: unknown, options?: { abortSignal?: unknown }) => ({
          response: await this.#handle(request as Request, options?.abortSignal as AbortSignal | undefined),
        }),
      },
      ...config,
    });
  }

  of(...operations: Operation[]): Call[] {
    return this.calls.filter(({ operation }) => operations.includes(operation));
  }

  async #handle(request: Request, signal: AbortSignal | undefined) {
    const { method, query, path } = request;
    const call: Call = {
      operation: operationOf(method, query),
      part: query.partNumber ? Number(query.partNumber) : undefined,
      path,
      headers: steady(request.headers),
      body: textOf(request.body),
    };
    this.calls.push(call);
    const twisted = await this.#twist(call, signal);
    const answer = twisted === undefined || twisted === LOSE ? this.#usual(call, query) : twisted;
    if (twisted === LOSE) throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
    const { status = 200, headers = {}, body = "" } = answer;
    return { statusCode: status, headers, body: Readable.from([Buffer.from(body)]) };
  }

  #usual({ operation, path, part, headers, body }: Call, query: Request["query"]): Answer {
    const id = query.uploadId ?? "";
    const etag = `"${md5(body).toString("hex")}"`;
    const echoed = Object.entries(headers).filter(([name]) => /^x-amz-checksum-/.test(name));
    switch (operation) {
      case "PutObject":
        this.objects.set(path, body);
        this.#etags.set(path, etag);
        return { headers: { etag, "x-amz-version-id": "v1", ...Object.fromEntries(echoed) } };
      case "CreateMultipartUpload":
        this.open.add("upload-1");
        return xml(
          "<InitiateMultipartUploadResult><UploadId>upload-1</UploadId></InitiateMultipartUploadResult>",
        );
      case "UploadPart":
        this.#parts.set(id, Object.assign(this.#parts.get(id) ?? [], { [part! - 1]: body }));
        return { headers: { etag, ...Object.fromEntries(echoed) } };
      case "CompleteMultipartUpload":
        return this.#complete(path, id);
      case "AbortMultipartUpload":
        this.open.delete(id);
        return { status: 204 };
      case "PutObjectTagging":
        return {};
      case "ListParts":
        if (!this.open.has(id)) return s3Error(404, "NoSuchUpload");
        return xml(`<ListPartsResult><UploadId>${id}</UploadId></ListPartsResult>`);
      case "HeadObject":
        return this.objects.has(path) ? { headers: { etag: this.#etags.get(path)! } } : { status: 404 };
    }
  }

  #complete(path: string, id: string): Answer {
    const parts = this.#parts.get(id) ?? [];
    const etag = `${md5(...parts.map((part) => md5(part))).toString("hex")}-${parts.length}`;
    this.open.delete(id);
    this.objects.set(path, parts.join(""));
    this.#etags.set(path, `"${etag}"`);
    return xml(
      `<CompleteMultipartUploadResult><Location>https://bucket.s3.eu-central-1.amazonaws.com/a%2Fb</Location><Bucket>bucket</Bucket><Key>a/b</Key><ETag>&quot;${etag}&quot;</ETag></CompleteMultipartUploadResult>`,
      { "x-amz-version-id": "v2" },
    );
  }
}

function md5(...pieces: (string | Buffer)[]): Buffer {
  const hash = createHash("md5");
  for (const piece of pieces) hash.update(typeof piece === "string" ? Buffer.from(piece, "latin1") : piece);
  return hash.digest();
}

const xml = (body: string, headers: Record<string, string> = {}): Answer => ({
  headers: { "content-type": "application/xml", ...headers },
  body: `<?xml version="1.0"?>${body}`,
});

export const s3Error = (status: number, code: string): Answer => ({
  ...xml(`<Error><Code>${code}</Code><Message>about ${code}</Message></Error>`),
  status,
});

function operationOf(method: string, query: Request["query"]): Operation {
  const multipart = "uploadId" in query;
  switch (method) {
    case "PUT":
      if ("tagging" in query) return "PutObjectTagging";
      return multipart ? "UploadPart" : "PutObject";
    case "POST":
      return multipart ? "CompleteMultipartUpload" : "CreateMultipartUpload";
    case "DELETE":
      return "AbortMultipartUpload";
    case "GET":
      return "ListParts";
    default:
      return "HeadObject";
  }
}

const UNSTEADY = /^(authorization|user-agent|amz-sdk-|x-amz-date|x-amz-user-agent|x-amz-content-sha256)/;

const steady = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !UNSTEADY.test(name)));

// Latin1 keeps every byte, and shows in a failing test.
function textOf(body: unknown): string {
  if (body === undefined || typeof body === "string") return body ?? "";
  if (body instanceof Uint8Array) return Buffer.from(body).toString("latin1");
  throw new TypeError("the bodies of these requests are in memory");
}
