import type { PermitLike } from "../semaphore/subject.js";
import { joined } from "../store/reference-body.js";
import { base64, md5 } from "../upload/digests.js";
import { type Asked, askedBy, Refusal } from "./reference-asked.js";
import { authenticated } from "./reference-auth.js";
import { type Incoming, incoming } from "./reference-body.js";
import { type Answer, carriedOut } from "./reference-operations.js";
import { outgoing } from "./reference-outgoing.js";
import type { Chain } from "./signing.js";
import type { Sin } from "./sins.js";
import type { CredentialsLike, GatewayLike, GatewayLikeOptions, LookupLike } from "./subject.js";

//  arrived ──understood──▶ known ──▶ let in ──admitted──▶ at the store ──▶ answered ──the last byte──▶ over
//
//  A control operation is admitted first, and read while it is not known yet whose it is.

/** A gateway in its most obvious form, for the requests that the laws make; with a sin, in one of its wrong ones. */
export class ReferenceGateway implements GatewayLike {
  readonly #options: GatewayLikeOptions;
  readonly #sin: Sin | undefined;
  readonly #lookup: LookupLike;

  constructor(options: GatewayLikeOptions, sin?: Sin) {
    this.#options = options;
    this.#sin = sin;
    this.#lookup = sinful(options.authenticate, sin);
  }

  fetch(request: Request): Promise<Response> {
    return new Visit({ ...this.#options, authenticate: this.#lookup }, request, this.#sin).answer();
  }
}

class Visit {
  readonly #options: GatewayLikeOptions;
  readonly #request: Request;
  readonly #sin: Sin | undefined;
  #permits: PermitLike[] = [];

  constructor(options: GatewayLikeOptions, request: Request, sin: Sin | undefined) {
    this.#options = options;
    this.#request = request;
    this.#sin = sin;
  }

  async answer(): Promise<Response> {
    try {
      return this.#deliver(await this.#carryOut());
    } catch (failure) {
      if (this.#sin !== "keepsThePermitOfTheRefused") this.#release();
      return this.#refuse(failure);
    }
  }

  async #carryOut(): Promise<Answer> {
    const request = this.#request;
    const sin = this.#sin;
    const { store, authenticate, region } = this.#options;
    const asked = askedBy(request, sin);
    const knowing = authenticated(request, authenticate, region, sin);
    knowing.catch(() => {}); // awaited below, as is the next
    const known = asked.control ? unlessAborted(knowing, request.signal) : knowing;
    known.catch(() => {});
    const control = asked.control ? await this.#readControl(known) : "";
    const chain = await known;
    const isSent = asked.operation === "PutObject" || asked.operation === "UploadPart";
    const isDeaf = sin === "passesNoSignal" || (sin === "waitsForTheClient" && isSent);
    const signal = isDeaf ? undefined : request.signal;
    if (sin === "asksTheStoreFirst" && asked.operation === "GetObject") await store.head(asked);
    if (sin === "readsBeforeItIsLetIn" && asked.operation === "PutObject") {
      const body = incoming(request, chain, sin);
      const first = await body.pieces.next();
      await this.#admit(asked);
      const pieces = (async function* () {
        if (!first.done) yield first.value;
        yield* body.pieces;
      })();
      const early: Incoming = { ...body, pieces };
      return carriedOut({ request, asked, store, sin, signal, control, incoming: early });
    }
    if (!asked.control) await this.#admit(asked);
    request.signal.throwIfAborted();
    const body = isSent ? incoming(request, chain, sin) : undefined;
    // A store that waits for bytes hears of it from the signal, a body that is waited for hears of it here.
    if (sin !== "waitsForTheClient")
      request.signal.addEventListener("abort", () => body?.cancel(request.signal.reason));
    return carriedOut({ request, asked, store, sin, signal, control, incoming: body });
  }

  /** Reads the body of a control operation, whoever has sent it. */
  async #readControl(knowing: Promise<Chain>): Promise<string> {
    const sin = this.#sin;
    const { headers, signal } = this.#request;
    const { controlBytes } = this.#options;
    const declared = headers.get("content-length");
    const tooLarge = () => new Refusal(400, "MaxMessageLengthExceeded");
    if (Number(declared ?? 0) > controlBytes && sin !== "overlooksTheSize") throw tooLarge();
    if (sin === "readsControlBodiesLate" || headers.has("expect")) await knowing;
    await this.#admit(undefined);
    const isChained = headers.get("x-amz-content-sha256")?.startsWith("STREAMING-AWS4") === true;
    const { pieces, cancel } = incoming(this.#request, isChained ? await knowing : undefined, sin);
    signal.addEventListener("abort", () => cancel(signal.reason));
    const all: Uint8Array[] = [];
    let size = 0;
    for await (const piece of pieces) {
      size += piece.length;
      const isTrusted = sin === "overlooksTheSize" || sin === "trustsTheDeclaredSize";
      if (size > controlBytes && !isTrusted) {
        cancel(tooLarge());
        throw tooLarge();
      }
      all.push(piece.slice());
    }
    const body = joined(all);
    const expected = headers.get("content-md5") ?? base64(md5(body));
    if (expected !== base64(md5(body)) && sin !== "forgetsTheMd5") throw new Refusal(400, "BadDigest");
    return new TextDecoder().decode(body);
  }

  async #admit(asked: Asked | undefined): Promise<void> {
    const sin = this.#sin;
    const { budget, requestBytes, waitTimeout } = this.#options;
    const { method, signal } = this.#request;
    const isLight =
      (method === "HEAD" && sin !== "holdsForHead") || (method === "DELETE" && sin !== "holdsForDelete");
    if (isLight || (sin === "ignoresTheBudget" && method === "PUT")) return;
    const timeout = sin === "waitsForEver" ? undefined : waitTimeout;
    if (sin === "shedsAtOnce") {
      const permit = budget.tryAcquire(requestBytes);
      if (permit === undefined) throw slowDown();
      this.#permits.push(permit);
      return;
    }
    const half = sin === "asksTwice" && asked !== undefined ? Math.ceil(requestBytes / 2) : requestBytes;
    try {
      for (const weight of half === requestBytes ? [half] : [half, requestBytes - half])
        this.#permits.push(await budget.acquire(weight, { signal, timeout }));
    } catch (failure) {
      if ((failure as { code?: unknown }).code === "ERR_WAIT_TIMEOUT" && sin !== "saysInternalError")
        throw slowDown();
      throw failure;
    }
  }

  #release(): void {
    const permits = this.#permits;
    if (this.#sin !== "releasesTwice") this.#permits = [];
    for (const permit of permits) permit.release();
  }

  #deliver({ status, headers, body }: Answer): Response {
    const own = this.#sin === "echoesHeaders" ? [...this.#request.headers] : [];
    const all = new Headers([...own, ...Object.entries(headers)]);
    if (!(body instanceof ReadableStream)) {
      this.#release();
      return new Response(body ?? null, { status, headers: all });
    }
    const stream = outgoing(body, this.#request.signal, () => this.#release(), this.#sin);
    if (this.#sin === "releasesWhenAnswered" || this.#sin === "releasesTwice") this.#release();
    return new Response(stream, { status, headers: all });
  }

  #refuse(failure: unknown): Response {
    const sin = this.#sin;
    const { status, code, message } = failure as Partial<Refusal>;
    const known = failure instanceof Refusal || STORE_CODES[code ?? ""] !== undefined;
    const told = known ? (code ?? "") : "InternalError";
    const text = known || sin === "tellsTheFailure" ? (message ?? "") : "";
    const headers = new Headers({ "content-type": "application/xml" });
    if (told === "SlowDown" && sin !== "hidesWhen") headers.set("retry-after", "1");
    const how = failure instanceof Refusal ? status! : (STORE_CODES[told] ?? 500);
    const isHead = this.#request.method === "HEAD";
    const body = isHead ? null : `<Error><Code>${told}</Code><Message>${text}</Message></Error>`;
    return new Response(body, { status: how, headers });
  }
}

const slowDown = () => new Refusal(503, "SlowDown");

const STORE_CODES: Readonly<Record<string, number>> = {
  ...{ NoSuchKey: 404, NoSuchBucket: 404, NoSuchUpload: 404, BadDigest: 400, IncompleteBody: 400 },
  ...{ InvalidPart: 400, InvalidRequest: 400, PreconditionFailed: 412, InvalidRange: 416 },
};

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  return Promise.race([work, aborted]);
}

/** The lookup, asked once for each request; or not. */
function sinful(lookup: LookupLike, sin: Sin | undefined): LookupLike {
  const known = new Map<string, Promise<CredentialsLike | undefined>>();
  let before: Promise<unknown> = Promise.resolve();
  return (accessKeyId) => {
    if (sin === "looksUpInTurn") {
      const found = before.then(() => lookup(accessKeyId));
      before = found.catch(() => {});
      return found;
    }
    if (sin !== "sharesLookups" && sin !== "keepsFailures") return lookup(accessKeyId);
    const found = known.get(accessKeyId) ?? lookup(accessKeyId);
    const remember = () => known.set(accessKeyId, found);
    if (sin === "sharesLookups") {
      remember();
      found.finally(() => known.delete(accessKeyId)).catch(() => {});
    } else found.catch(remember);
    return found;
  };
}
