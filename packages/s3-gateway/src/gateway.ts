import { crossOrigin } from "./cors/cross-origin.js";
import { prometheusText } from "./metrics/prometheus.js";
import { type GatewaySnapshot, snapshotOf } from "./metrics/snapshot.js";
import type { GatewayOptions } from "./options.js";
import { settle } from "./options.js";
import { Visit } from "./visit.js";

/** What is known of where a request came from. */
export interface Origin {
  /** The address of the client, or whatever else tells clients apart that nobody asks for a key. */
  readonly peer?: string | undefined;
  /** When it aborts, a request that still waits for the budget is told 503, and one that would have to wait. */
  readonly closing?: AbortSignal | undefined;
}

export interface Gateway {
  /**
   * Answers one S3 request. Every failure is an answer too.
   *
   * - **Order:** first come, first served for each identity; identities take turns.
   * - **Abort:** when `request.signal` aborts, the store is told, and what the request held is given back.
   * - **Errors:** never rejects. The body of an answer errors if the store fails on the way.
   */
  fetch(request: Request, origin?: Origin): Promise<Response>;
  /** A plain record of this moment, and of what has happened until now. */
  snapshot(): GatewaySnapshot;
  /** The same in the text format of Prometheus. No line names a bucket, a key or an identity. */
  metrics(): string;
}

/**
 * Makes an S3 server out of a store: path style, signature version 4, everything streamed, and never more bytes
 * held than the budget has.
 *
 * Throws for options that could never work, such as a budget that no single request fits in.
 *
 * @example
 * ```ts
 * const gateway = createGateway({
 *   store: new MemoryStore(),
 *   budget: new MemoryBudget("64MiB"),
 *   authenticate: (accessKeyId) => credentials.get(accessKeyId),
 * });
 * ```
 */
export function createGateway(options: GatewayOptions): Gateway {
  const settings = settle(options);
  const snapshot = () => snapshotOf(settings);
  return {
    // Runtimes pass things of their own as the second argument, when this is their handler.
    fetch(request, { peer, closing } = {}) {
      const origin = {
        peer: typeof peer === "string" ? peer : undefined,
        closing: closing instanceof AbortSignal ? closing : undefined,
      };
      return crossOrigin(settings, request, (own) => new Visit(settings, request, origin).answer(own));
    },
    snapshot,
    metrics: () => prometheusText(snapshot()),
  };
}
<<<<<<< HEAD
=======

class Visit {
  readonly #settings: Settings;
  readonly #request: Request;
  readonly #url: URL;
  readonly #id = requestId();
  readonly #since = performance.now();
  #asked: Asked | undefined;
  #permit: Permit | undefined;

  constructor(settings: Settings, request: Request) {
    this.#settings = settings;
    this.#request = request;
    this.#url = new URL(request.url);
  }

  async answer(): Promise<Response> {
    try {
      this.#asked = classify(this.#request.method, this.#url, this.#request.headers);
      const exchange =
        this.#asked.body === "read" ? await this.#letInWithBody(this.#asked) : await this.#letIn(this.#asked);
      return this.#deliver(await HANDLERS[this.#asked.operation](exchange));
    } catch (failure) {
      return this.#refuse(failure);
    }
  }

  async #letIn(asked: Asked): Promise<Exchange> {
    const exchange = new Exchange(
      this.#settings,
      this.#request,
      this.#url,
      asked,
      await this.#authenticate(asked),
    );
    await exchange.demand(asked.operation, asked.bucket, asked.key);
    await this.#admit(0, this.#request.signal);
    return exchange;
  }

  async #letInWithBody(asked: Asked): Promise<Exchange> {
    const { headers, body } = this.#request;
    const payload = readPayload(headers);
    const { requestBytes, controlBytes, idleTimeout } = this.#settings.limits;
    // A body that does not say how long it is must do with what any request may hold.
    const unsized = Math.min(Math.floor(requestBytes / 2), controlBytes);
    const limit = payload.length === undefined ? unsized : controlBytes;
    if ((payload.length ?? 0) > limit) throw tooLarge(limit);
    const stop = new AbortController();
    const { signal } = this.#request;
    if (signal.aborted) throw signal.reason;
    signal.addEventListener("abort", () => stop.abort(signal.reason));
    // Nothing has been sent yet by a client that asks first: it is told only after its signature was good.
    const caller = headers.has("expect") ? await this.#authenticate(asked) : this.#authenticate(asked);
    // A body that nobody has signed is not worth reading on.
    // Who has left holds a permit no longer than that, however long the lookup takes.
    const known = unlessAborted(Promise.resolve(caller), signal).catch((refusal: unknown) => {
      stop.abort(refusal);
      throw refusal;
    });
    const control = this.#admit(payload.length ?? 0, stop.signal).then(async () => {
      // Chunk signatures continue the one of the headers, so these bodies wait for it.
      const chain = payload.signed ? (await known).chain : undefined;
      return readControlBody(
        body,
        payload,
        controlDigests(asked.operation, headers),
        { limit, idleTimeout, chain },
        stop.signal,
      );
    });
    const [who, what] = await Promise.allSettled([known, control]);
    if (who.status === "rejected") throw who.reason;
    if (what.status === "rejected") throw what.reason;
    const exchange = new Exchange(this.#settings, this.#request, this.#url, asked, who.value, what.value);
    // Whoever deletes many objects is asked about for each of them.
    if (asked.operation !== "DeleteObjects") {
      await exchange.demand(asked.operation, asked.bucket, asked.key);
    }
    return exchange;
  }

  #authenticate(asked: Asked): Promise<Caller> {
    return authenticate(this.#settings.authentication, this.#request, this.#url, asked.query);
  }

  // One step for the whole working set: taking more while holding some is how two requests wait for each other.
  async #admit(controlBytes: number, signal: AbortSignal): Promise<void> {
    const { method } = this.#request;
    if (method === "HEAD" || method === "DELETE") return;
    const { budget, waitTimeout: timeout, limits } = this.#settings;
    // A control body is held twice: as it arrived, and as what it says.
    const weight = Math.max(limits.requestBytes, 2 * controlBytes);
    this.#permit = await budget.acquire(weight, { signal, timeout });
  }

  #deliver(answer: Answer): Response {
    const { body, status, received = 0 } = answer;
    const headers = this.#headers(answer);
    if (body === undefined) {
      this.#finish(status, undefined, received);
      return new Response(null, { status, headers });
    }
    const { stream, length } =
      body instanceof Uint8Array ? { stream: streamOf(body), length: body.length } : body;
    const permit = this.#permit;
    const outgoing = outgoingBody(stream, {
      length,
      idleTimeout: this.#settings.limits.idleTimeout,
      signal: this.#request.signal,
      onEnd: (bytes, complete) => this.#report(status, complete ? undefined : "Aborted", received || bytes),
    });
    const held = permit === undefined ? outgoing : releaseOnEnd(outgoing, () => permit.release());
    return new Response(held, { status, headers });
  }

  #refuse(failure: unknown): Response {
    const { signal, method } = this.#request;
    const error = signal.aborted ? clientLeft() : toS3Error(failure);
    const answer = errorAnswer(error, method, this.#url.pathname, this.#id);
    const { status } = answer;
    this.#finish(status, error.code, 0);
    const body = answer.body as Uint8Array<ArrayBuffer> | undefined;
    return new Response(body ?? null, { status, headers: this.#headers(answer) });
  }

  #headers(answer: Answer): Headers {
    const headers = new Headers({ "x-amz-request-id": this.#id });
    for (const [name, value] of Object.entries(answer.headers)) {
      if (value !== undefined) headers.set(name, value);
    }
    return headers;
  }

  #finish(status: number, code: string | undefined, bytes: number): void {
    this.#permit?.release();
    this.#report(status, code, bytes);
  }

  #report(status: number, code: string | undefined, bytes: number): void {
    const { operation, bucket, key } = this.#asked ?? {};
    try {
      this.#settings.onEvent({
        type: "request",
        requestId: this.#id,
        operation,
        bucket: bucket || undefined,
        key: key || undefined,
        status,
        code,
        ms: performance.now() - this.#since,
        bytes,
      });
    } catch {
      // Who only watches must not be able to break what it watches.
    }
  }
}

const clientLeft = () =>
  new S3Error("RequestAborted", "The client left before it was answered.", { status: 499 });

const tooLarge = (limit: number) =>
  new S3Error("MaxMessageLengthExceeded", `The body of this operation may have at most ${limit} bytes.`);

const requestId = (): string => crypto.randomUUID().replaceAll("-", "").slice(0, 16).toUpperCase();
>>>>>>> x-glaws
