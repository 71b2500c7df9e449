import { releaseOnEnd } from "@sluice/release";
import { type Shed, whyShed } from "./admission/admission.js";
import { costOfAnswer, type Known } from "./admission/cost.js";
import type { Grant } from "./admission/grant.js";
import { type Answer, errorAnswer } from "./answer.js";
import { outgoingBody, streamOf } from "./body/outgoing-body.js";
import { letIn } from "./entrance.js";
import { HANDLERS } from "./operations/handlers.js";
import type { Settings } from "./options.js";
import type { Origin } from "./origin.js";
import { type Asked, classify } from "./protocol/classify.js";
import { toS3Error } from "./protocol/from-failure.js";
import { S3Error } from "./protocol/s3-error.js";

//  arrived ──classified──▶ known ──let in──▶ at the store ──▶ answered ──last byte, or gone──▶ over
//
//  GET, PUT and POST hold a grant from when they were let in until their last byte or disconnect; HEAD and DELETE none.
//  When the answer is known, what it cannot need any more is given back.

/** One request, from its arrival to its end. */
export class Visit {
  readonly #settings: Settings;
  readonly #request: Request;
  readonly #origin: Origin;
  readonly #url: URL;
  readonly #id = requestId();
  readonly #since = performance.now();
  readonly #stop = new AbortController();
  #asked: Asked | undefined;
  #grant: Grant | undefined;
  #known: Known = {};
  #reserved = 0;
  #waitMs = 0;
  #lifetime: ReturnType<typeof setTimeout> | undefined;

  constructor(settings: Settings, request: Request, origin: Origin) {
    this.#settings = settings;
    this.#request = request;
    this.#origin = origin;
    this.#url = new URL(request.url);
    settings.metrics.begin();
    const { signal } = request;
    const onLeft = (): void => this.#stop.abort(signal.reason);
    if (signal.aborted) onLeft();
    else signal.addEventListener("abort", onLeft);
  }

  /** Never rejects. */
  async answer(): Promise<Response> {
    try {
      const asked = classify(this.#request.method, this.#url, this.#request.headers);
      this.#asked = asked;
      const exchange = await letIn({
        settings: this.#settings,
        request: this.#request,
        url: this.#url,
        stop: this.#stop,
        origin: this.#origin,
        asked,
        onGranted: (grant, known) => this.#onGranted(grant, known),
      });
      return this.#deliver(await HANDLERS[asked.operation](exchange), asked);
    } catch (failure) {
      return this.#refuse(failure);
    }
  }

  #onGranted(grant: Grant, known: Known): void {
    this.#grant = grant;
    this.#known = known;
    this.#reserved = grant.weight;
    this.#waitMs = performance.now() - this.#since;
    const { lifetime } = this.#settings.limits;
    if (lifetime === Number.POSITIVE_INFINITY) return;
    const over = () => new S3Error("LifetimeOver", "The request took too long.", { status: 503 });
    this.#lifetime = setTimeout(() => this.#stop.abort(over()), lifetime);
  }

  #deliver(answer: Answer, asked: Asked): Response {
    const { body, status, received = 0 } = answer;
    const headers = this.#headers(answer);
    if (body === undefined) {
      this.#finish(status, undefined, received);
      return new Response(null, { status, headers });
    }
    const { limits } = this.#settings;
    const grant = this.#grant;
    const { stream, length } =
      body instanceof Uint8Array ? { stream: streamOf(body), length: body.length } : body;
    grant?.shrink(costOfAnswer(asked, answer, this.#known, this.#settings.costFacts()));
    const outgoing = outgoingBody(stream, {
      ...limits,
      length,
      signal: this.#stop.signal,
      onEnd: (bytes, complete, why) =>
        this.#report(status, complete ? undefined : endCode(why), received || bytes),
    });
    const held = grant === undefined ? outgoing : releaseOnEnd(outgoing, () => grant.release());
    return new Response(held, { status, headers });
  }

  #refuse(failure: unknown): Response {
    const { signal, method } = this.#request;
    const error = signal.aborted ? clientLeft() : toS3Error(failure);
    const answer = errorAnswer(error, method, this.#url.pathname, this.#id);
    const { status } = answer;
    this.#finish(status, error.code, 0, signal.aborted ? undefined : whyShed(error));
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

  #finish(status: number, code: string | undefined, bytes: number, shed?: Shed): void {
    this.#grant?.release();
    this.#report(status, code, bytes, shed);
  }

  #report(status: number, code: string | undefined, bytes: number, shed?: Shed): void {
    clearTimeout(this.#lifetime);
    const { operation, bucket, key } = this.#asked ?? {};
    const ms = performance.now() - this.#since;
    const event = {
      type: "request",
      requestId: this.#id,
      operation,
      bucket: bucket || undefined,
      key: key || undefined,
      status,
      code,
      shed,
      ms,
      waitMs: this.#reserved === 0 && shed !== undefined ? ms : this.#waitMs,
      reserved: this.#reserved,
      bytes,
    } as const;
    this.#settings.metrics.end(event);
    try {
      this.#settings.onEvent(event);
    } catch {
      // Who only watches must not be able to break what it watches.
    }
  }
}

/** What an answer that was begun and not brought to its end is called in the event. */
const endCode = (why: unknown): string =>
  why instanceof S3Error && ["SlowReader", "SlowStore", "LifetimeOver"].includes(why.code)
    ? why.code
    : "Aborted";

const clientLeft = () =>
  new S3Error("RequestAborted", "The client left before it was answered.", { status: 499 });

const requestId = (): string => crypto.randomUUID().replaceAll("-", "").slice(0, 16).toUpperCase();
