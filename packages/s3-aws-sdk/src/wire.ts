import type {
  $Command,
  S3Client,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from "@aws-sdk/client-s3";
import type { Outgoing } from "./outgoing.js";

/** @internal A request as the SDK's layers pass it on, by structure. */
export interface WireRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly headers: Record<string, string>;
  body?: unknown;
}

/** @internal */
export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** @internal What one request sends, and what came of it below the SDK's own parsing. */
export interface Sending {
  readonly outgoing: Outgoing | undefined;
  /** The headers that go with a body in a frame. */
  readonly framing?: Readonly<Record<string, string>> | undefined;
  request?: WireRequest;
  response?: WireResponse;
  /** The handler failed: no answer came. */
  unanswered?: boolean;
}

/**
 * Strips the SDK's own retries, checksums, `Expect` and chunked framing from one command; the client and its
 * other commands keep theirs. The SDK never sees the body: it signs UNSIGNED-PAYLOAD and a Content-Length, and the
 * body is put in below its last layer.
 *
 * @internal
 */
export function sendBare<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  client: S3Client,
  { middlewareStack }: $Command<Input, Output, S3ClientResolvedConfig, ServiceInputTypes, ServiceOutputTypes>,
  sending: Sending,
): void {
  // A stream cannot be sent twice, and retries above and below would multiply. The same name, step and
  // priority make this one stand in the place of the SDK's.
  middlewareStack.add((next) => (args) => next(args), {
    name: "retryMiddleware",
    step: "finalizeRequest",
    priority: "high",
    override: true,
  });
  middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const request = args.request as WireRequest;
        if (DIGESTED.has(commandName ?? "")) {
          // The requests that S3 wants a digest of; some stores know no other than this.
          request.headers["content-md5"] = await md5(client, request.body);
        } else {
          request.headers[NO_CHECKSUM] = "";
        }
        if (sending.outgoing !== undefined) {
          request.headers["content-length"] = String(sending.outgoing.length);
          request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
        }
        const encoding = request.headers["content-encoding"];
        Object.assign(request.headers, sending.framing);
        if (encoding && sending.framing) request.headers["content-encoding"] = `${encoding},aws-chunked`;
        // Asked for in the header by now. Left in the input, the SDK would pass the body through its own
        // digests, and read ahead.
        const { ChecksumMode: _verified, ...input } = args.input as Input & { ChecksumMode?: unknown };
        return next({ ...args, input: input as unknown as Input });
      },
    { name: "sluiceHeaders", step: "build", priority: "high" },
  );
  middlewareStack.add(
    (next) => (args) => {
      delete (args.request as WireRequest).headers[NO_CHECKSUM];
      return next(args);
    },
    { name: "sluiceNoChecksum", step: "build", priority: "low" },
  );
  middlewareStack.add(
    (next) => async (args) => {
      const request = args.request as WireRequest;
      sending.request = request;
      if (sending.outgoing !== undefined) request.body = await sending.outgoing.payload();
      try {
        const result = await next(args);
        const { statusCode, headers, body } = result.response as Omit<WireResponse, "status"> & {
          statusCode: number;
        };
        // Taken now: the SDK overwrites the status when it finds an error in a 200.
        sending.response = { status: statusCode, headers, body };
        return result;
      } catch (error) {
        sending.unanswered = true;
        throw error;
      }
    },
    { name: "sluiceWire", step: "deserialize", priority: "low" },
  );
}

const DIGESTED: ReadonlySet<string> = new Set(["DeleteObjectsCommand", "PutObjectTaggingCommand"]);

// Whoever brings any header of this kind is spared the SDK's own digest, which for a stream would be a
// trailer that many stores refuse.
const NO_CHECKSUM = "x-amz-checksum-none";

async function md5(client: S3Client, body: unknown): Promise<string> {
  const hash = new client.config.md5();
  hash.update(typeof body === "string" ? new TextEncoder().encode(body) : (body as Uint8Array));
  return client.config.base64Encoder(await hash.digest());
}
