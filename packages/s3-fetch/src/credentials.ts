import { InvalidValueError, StoreError } from "@sluice/object-store";
import { runtime } from "./fetch-body.js";

//  none ──first request──▶ waiting ──provider answers──▶ fresh
//                           │  ▲ asked again where            │ expires soon
//                           └──┘ no answer comes              │
//  fresh ◀──provider answers── fresh, refreshing ◀────────────┤ (nobody waits)
//                                                             │ expired, or refused as expired
//                            waiting ◀────────────────────────┘
//
//  A call of the provider belongs to nobody: requests that wait share its answer, and not its fate. On Workers it belongs to
//  the request that has made it, and dies with it, so that there each waits for its own.

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When they end; without it they are used until the store says that they have. */
  readonly expiration?: Date | undefined;
}

/**
 * Asked when there are none yet, shortly before they end, and when the store says that they have ended: once for all requests
 * that wait, and again every three seconds while no answer comes and somebody waits. On Workers each request that has to wait
 * asks by itself. A request waits until its signal aborts. What the provider fails with is told as `ClientError`, which is not
 * retryable; a `StoreError` of its own is passed on.
 */
export type CredentialsProvider = () => Credentials | Promise<Credentials>;

/** `"anonymous"`: requests are not signed. */
export type CredentialsOption = Credentials | CredentialsProvider | "anonymous";

// Milliseconds. New ones are fetched this long before the end, while the old ones still serve ...
const REFRESH_AHEAD = 5 * 60_000;
// ... and if that fails, not again at each request.
const REFRESH_PAUSE = 10_000;
// What would end on its way to the store is not sent.
const LAST_MOMENT = 5_000;
// As long as a call is waited for before another one is made beside it.
const PATIENCE = 3_000;

/** The credentials of the moment. They are in private fields alone: no logger finds them. */
export class CredentialSource {
  readonly #provider: CredentialsProvider | undefined;
  #current: Credentials | undefined;
  #call: Call | undefined;
  #calls = 0;
  /** The number of the call that has brought the present ones. */
  #from = 0;
  readonly #waiting = new Set<(credentials: Credentials) => void>();
  #notBefore = Number.NEGATIVE_INFINITY;
  #refused = "";

  constructor(option: Credentials | CredentialsProvider) {
    if (typeof option === "function") this.#provider = option;
    else this.#current = checked(option);
  }

  /** Waits only if there are none that are still good. `now` is the store's time, in milliseconds. */
  get(now: number, signal?: AbortSignal): Credentials | Promise<Credentials> {
    const current = this.#current;
    const left = current?.expiration ? current.expiration.getTime() - now : Number.POSITIVE_INFINITY;
    const ended = current === undefined || (left <= LAST_MOMENT && this.#provider !== undefined);
    const soon = left <= REFRESH_AHEAD && this.#provider !== undefined && now >= this.#notBefore;
    if (ended || soon) this.#notBefore = now + REFRESH_PAUSE;
    if (ended) return this.#wait(signal);
    if (soon) {
      // If it fails, the old ones still serve; the failure is told when they do no more.
      this.#ask().catch(() => {});
    }
    return current;
  }

  /** The store says that these have ended. Whether another try can have better ones. */
  refused(credentials: Credentials): boolean {
    if (this.#provider === undefined) return false;
    // Another request has been told so before, and there are new ones, or will be.
    if (this.#current !== credentials) return true;
    this.#current = undefined;
    const name = `${credentials.accessKeyId}\n${credentials.sessionToken}`;
    // The provider was asked after the last refusal, and knows no others.
    const again = name === this.#refused;
    this.#refused = name;
    return !again;
  }

  /** The first answer that there is; a call that brings none is not waited for alone. */
  #wait(signal: AbortSignal | undefined): Promise<Credentials> {
    if (runtime() === "workers") return this.#ask();
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(arrive);
        signal?.removeEventListener("abort", end);
      };
      const arrive = (credentials: Credentials) => {
        end();
        resolve(credentials);
      };
      const join = () => {
        timer = setTimeout(join, PATIENCE);
        const young = this.#call && Date.now() - this.#call.since < PATIENCE ? this.#call.answer : undefined;
        (young ?? this.#ask()).catch((error) => {
          end();
          reject(error);
        });
      };
      if (signal?.aborted) return reject(signal.reason);
      this.#waiting.add(arrive);
      // Whoever waited for this is told of the abort by the exchange.
      signal?.addEventListener("abort", end, { once: true });
      join();
    });
  }

  #ask(): Promise<Credentials> {
    const call = { since: Date.now(), answer: this.#answer(++this.#calls) };
    this.#call = call;
    const over = () => {
      if (this.#call === call) this.#call = undefined;
    };
    call.answer.then(over, over);
    return call.answer;
  }

  async #answer(number: number): Promise<Credentials> {
    let credentials: Credentials;
    try {
      credentials = checked(await this.#provider!());
    } catch (cause) {
      if (cause instanceof StoreError) throw cause;
      throw new StoreError("ClientError", "the provider of the credentials has failed", { cause });
    }
    if (number > this.#from) {
      this.#from = number;
      this.#current = credentials;
    }
    for (const arrive of this.#waiting) arrive(credentials);
    return credentials;
  }
}

interface Call {
  /** By this machine's clock. */
  readonly since: number;
  readonly answer: Promise<Credentials>;
}

// A copy, so that what the caller does to its object later changes no request that is under way.
function checked(given: Credentials): Credentials {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = given ?? ({} as Partial<Credentials>);
  const isText = (text: unknown) => typeof text === "string" && /^[\x21-\x7e]+$/.test(text);
  const bad = !isText(accessKeyId)
    ? "accessKeyId"
    : !isText(secretAccessKey)
      ? "secretAccessKey"
      : sessionToken !== undefined && !isText(sessionToken)
        ? "sessionToken"
        : undefined;
  // Never with the value: it may be the secret, with a line break behind it.
  if (bad) throw new InvalidValueError(`credentials.${bad}`, "[hidden]", "visible ASCII characters");
  if (expiration !== undefined && !Number.isFinite(expiration.getTime?.())) {
    throw new InvalidValueError("credentials.expiration", String(expiration), "a Date");
  }
  return { accessKeyId, secretAccessKey, sessionToken, expiration };
}
