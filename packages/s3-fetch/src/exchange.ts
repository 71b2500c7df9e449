import {
  type IntegrityOptions,
  type StoreBody,
  StoreError,
  type StoreErrorCode,
  type Unmodified,
} from "@sluice/object-store";
import type { Query } from "./address.js";
import type { Client, Route } from "./client.js";
import { skew } from "./clock.js";
import { asciiHeaders, etagOf, type RequestHeaders } from "./headers.js";
import { integrityOf } from "./integrity.js";
import { type OnSent, type Outgoing, outgoing } from "./outgoing.js";
import { readText } from "./read-text.js";
import { networkError, type Refusal, refusalOf, retryAfterOf } from "./store-error.js";
import type { WireAnswer } from "./wire.js";

//  asked ──abort, failing body──▶ stopped       rejects with that; the request is torn down
//    ├────refused, unreachable──▶ failed        rejects with a StoreError
//    └────answered──────────────▶ done          whoever asked owns the body of the answer

export interface Ask {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
  readonly query?: Query | undefined;
  readonly headers?: RequestHeaders | undefined;
  readonly body?: StoreBody | undefined;
  readonly onSent?: OnSent;
  /** The digests that the body must have. */
  readonly integrity?: IntegrityOptions | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The account that must own the bucket. */
  readonly owner?: string | undefined;
  /** What a bare 404 means here. */
  readonly notFound?: StoreErrorCode | undefined;
}

/** A success, whose body has been read by nobody yet. */
export interface Success {
  readonly answer: WireAnswer;
  /** For what goes wrong while that body is read. */
  readonly failure: (error: unknown) => StoreError;
}

interface Sent extends Success {
  readonly route: Route;
}

// Bytes of an error's XML that are read. Amazon's have some hundred.
const MOST_ERROR_BYTES = 64 * 1024;

/** One request and its answer, in the terms of the port. */
export async function exchange(client: Client, ask: Ask): Promise<Success> {
  const { signal } = ask;
  const request = new AbortController();
  let stop = (_reason: unknown) => {};
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = (reason) => {
      // In this order, so that the caller sees the reason and not what the transport says of it.
      reject(reason);
      request.abort(reason);
    };
  });
  const body = ask.body && outgoing(ask.body, stop, ask.onSent);
  const onAbort = () => stop(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();
  const work = judged(client, ask, body, request.signal);
  try {
    return await Promise.race([work, stopped]);
  } catch (error) {
    work.then(
      ({ answer }) => answer.discard(),
      () => {},
    );
    throw request.signal.aborted ? request.signal.reason : error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    finish(body, request);
  }
}

async function judged(
  client: Client,
  ask: Ask,
  body: Outgoing | undefined,
  signal: AbortSignal,
): Promise<Success> {
  const sent = await send(client, ask, body, signal);
  const { answer } = sent;
  if (answer.status < 200 || answer.status > 299) throw await refused(client, ask, sent, signal);
  if (isPage(ask, answer)) {
    answer.discard();
    const { status } = answer;
    throw new StoreError("InternalError", `a page of HTML came with ${status}, and not from a store`, {
      status,
    });
  }
  if (body?.exhausted === false) {
    answer.discard();
    throw answeredEarly();
  }
  // Not every transport can tell before.
  body?.sent(body.length);
  return sent;
}

// What stands between us and the store may answer in its place, and has stored nothing. Stores do not, but some call their
// empty answers HTML.
const isPage = ({ method }: Ask, { status, headers }: WireAnswer): boolean =>
  !/^(GET|HEAD)$/.test(method) &&
  status !== 204 &&
  /^text\/html\b/i.test(headers.get("content-type") ?? "") &&
  headers.get("content-length") !== "0" &&
  !headers.has("etag");

async function send(
  client: Client,
  ask: Ask,
  body: Outgoing | undefined,
  signal: AbortSignal,
): Promise<Sent> {
  signal.throwIfAborted();
  const { method, bucket, key, query = {} } = ask;
  const digests = body && ask.integrity ? await integrityOf(client, body, ask.integrity) : {};
  const headers = asciiHeaders({ ...ask.headers, "x-amz-expected-bucket-owner": ask.owner, ...digests });
  const route = await client.route({ method, bucket, key, query, headers, body }).catch((cause) => {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError("ClientError", "the request could not be signed", { cause });
  });
  signal.throwIfAborted();
  const failure = (error: unknown) => networkError(error, route.origin, client.region);
  try {
    const answer = await client.transport({ ...route, method, body, signal });
    return { answer, failure, route };
  } catch (error) {
    throw failure(error);
  }
}

async function refused(
  client: Client,
  ask: Ask,
  { answer, failure, route }: Sent,
  signal: AbortSignal,
): Promise<StoreError> {
  // What cannot be read says nothing; the status still does.
  const text = await readText(answer.open({ signal, failure }), MOST_ERROR_BYTES).catch(() => undefined);
  const refusal = refusalOf(answer, text, ask.notFound, client.region);
  const { clock } = client;
  const { credentials, clockOffset = Number.NaN } = route;
  // HEAD is refused without a code. What a store says of a clock that is right is something else.
  const skewed =
    refusal.code === "RequestTimeTooSkewed" ||
    (answer.status === 403 && !text && skew(refusal.serverTime, clockOffset) > SKEW);
  if (skewed) {
    const better = clock.correct(refusal.serverTime, clockOffset);
    return storeError(answer, { ...refusal, code: "RequestTimeTooSkewed" }, better);
  }
  if (EXPIRED.test(refusal.code)) return storeError(answer, refusal, client.refused(credentials));
  return storeError(answer, refusal);
}

// Milliseconds that a request's date may be off, by the rules of SigV4.
const SKEW = 15 * 60_000;
const EXPIRED = /^(ExpiredToken(Exception)?|TokenRefreshRequired|RequestExpired)$/;

export const storeError = (
  { status, headers }: WireAnswer,
  { code, message, requestId }: Refusal,
  retryable?: boolean,
): StoreError =>
  new StoreError(code, message, {
    status,
    requestId,
    retryable,
    retryAfter: retryAfterOf(headers),
    unmodified: status === 304 ? unmodifiedIn(headers) : undefined,
  });

const unmodifiedIn = (headers: Headers): Unmodified | undefined => {
  const etag = headers.get("etag");
  const modified = new Date(headers.get("last-modified") ?? Number.NaN);
  const lastModified = Number.isNaN(modified.getTime()) ? undefined : modified;
  return etag ? { etag: etagOf(etag), lastModified } : undefined;
};

// A refusal may come before the body has been sent. The rest of it must not follow, and its connection is of
// no more use.
function finish(body: Outgoing | undefined, request: AbortController): void {
  if (body === undefined) return;
  if (!body.exhausted && !request.signal.aborted) request.abort(answeredEarly());
  body.stop(request.signal.reason);
}

const answeredEarly = () =>
  new StoreError("IncompleteBody", "the store answered before the body was sent", { retryable: true });
