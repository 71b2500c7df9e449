import type {
  $Command,
  S3Client,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from "@aws-sdk/client-s3";
import { awsChunked, type LateChecksum, type StoreBody, StoreError } from "@sluice/object-store";
import type { Outgoing } from "./outgoing.js";
import { outgoing } from "./request-body.js";
import { discard } from "./response-body.js";
import { toStoreError } from "./store-error.js";
import { type Sending, sendBare, type WireResponse } from "./wire.js";

//  asked ──abort, failing body──▶ stopped       rejects with that; the request is torn down
//    ├────refused, unreachable──▶ failed        rejects with a StoreError
//    └────answered──────────────▶ done          whoever asked owns the body of the answer

/** @internal */
export interface ExchangeOptions {
  readonly signal?: AbortSignal | undefined;
  readonly body?: StoreBody | undefined;
  /** Goes behind the body, if that is a stream. */
  readonly trailer?: LateChecksum | undefined;
  /** Hears how many further bytes of the body the runtime has taken. */
  readonly onSent?: ((bytes: number) => void) | undefined;
  /** What a bare 404 means here. */
  readonly notFound?: "NoSuchBucket" | "NoSuchKey" | "NoSuchUpload" | undefined;
}

/** @internal */
export interface Answer<Output> {
  readonly output: Output;
  /** The body as the request handler gave it, read by nobody yet if the command does not parse it. */
  readonly body: unknown;
  /** For what goes wrong while that body is read. */
  readonly failure: (error: unknown) => StoreError;
}

type S3Command<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = $Command<
  Input,
  Output,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes
>;

/** @internal One request and its answer, in the terms of the port. */
export async function exchange<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  client: S3Client,
  command: S3Command<Input, Output>,
  { signal, body, trailer, onSent, notFound }: ExchangeOptions = {},
): Promise<Answer<Output>> {
  const request = new AbortController();
  let stop = (_reason: unknown) => {};
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = (reason) => {
      // In this order, so that the caller sees the reason and not the SDK's own error about the abort.
      reject(reason);
      request.abort(reason);
    };
  });
  const onAbort = () => stop(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });

  const framed =
    body !== undefined && trailer !== undefined && "stream" in body ? awsChunked(body, trailer) : undefined;
  const sent = framed?.body ?? body;
  const sending: Sending = {
    outgoing: sent && outgoing(sent, transportOf(client), stop, onSent),
    framing: framed?.headers,
  };
  if (signal?.aborted) onAbort();
  const answered = Promise.resolve().then(() => {
    request.signal.throwIfAborted();
    sendBare(client, command, sending);
    return client.send(command, { abortSignal: request.signal });
  });
  const failure = (error: unknown) => toStoreError(error, sending, notFound);
  try {
    const output = await Promise.race([answered, stopped]);
    if (sending.outgoing !== undefined && isPage(sending.response)) throw noStore(sending.response);
    if (sending.outgoing?.exhausted === false) throw answeredEarly();
    return { output, body: sending.response?.body, failure };
  } catch (error) {
    answered.then(
      () => discard(sending.response?.body),
      () => {},
    );
    throw request.signal.aborted ? request.signal.reason : failure(error);
  } finally {
    signal?.removeEventListener("abort", onAbort);
    finish(sending.outgoing, request);
  }
}

// A refusal may come before the body has been sent. The rest of it must not follow, and its connection is of
// no more use.
function finish(outgoing: Outgoing | undefined, request: AbortController): void {
  if (outgoing === undefined) return;
  if (!outgoing.exhausted && !request.signal.aborted) request.abort(answeredEarly());
  outgoing.stop(request.signal.reason);
}

// What stands between us and the store may answer a PUT in its place, and has stored nothing. Stores do not, but some call
// their empty answers HTML.
const isPage = (response: WireResponse | undefined): response is WireResponse =>
  response !== undefined &&
  /^text\/html\b/i.test(response.headers["content-type"] ?? "") &&
  response.headers["content-length"] !== "0" &&
  response.headers.etag === undefined;

const noStore = ({ status }: WireResponse) =>
  new StoreError("InternalError", `a page of HTML came with ${status}, and not from a store`, { status });

const answeredEarly = () =>
  new StoreError("IncompleteBody", "the store answered before the body was sent", { retryable: true });

// The SDK's handlers for Node name their protocol; the one over fetch does not.
const transportOf = (client: S3Client) =>
  client.config.requestHandler.metadata?.handlerProtocol === undefined ? "fetch" : "node";
