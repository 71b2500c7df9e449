import { InvalidValueError, StoreError } from "@sluice/object-store";

//  none ──first request──▶ waiting ──provider answers──▶ fresh
//                                                         │ expires soon
//  fresh ◀──provider answers── fresh, refreshing ◀────────┤ (nobody waits)
//                                                         │ expired, or refused as expired
//                            waiting ◀────────────────────┘

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When they end; without it they are used until the store says that they have. */
  readonly expiration?: Date | undefined;
}

/**
 * Asked when there are none yet, shortly before they end, and when the store says that they have ended: once at a time,
 * however many requests there are. While there are none that are good, they wait for its answer, each until its signal
 * aborts. What it fails with is told as `ClientError`, which is not retryable; a `StoreError` of its own is passed on.
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

/** The credentials of the moment. They are in private fields alone: no logger finds them. */
export class CredentialSource {
  readonly #provider: CredentialsProvider | undefined;
  #current: Credentials | undefined;
  #refreshing: Promise<Credentials> | undefined;
  #notBefore = Number.NEGATIVE_INFINITY;
  #refused = "";

  constructor(option: Credentials | CredentialsProvider) {
    if (typeof option === "function") this.#provider = option;
    else this.#current = checked(option);
  }

  /** Waits only if there are none that are still good. `now` is the store's time, in milliseconds. */
  get(now: number): Credentials | Promise<Credentials> {
    const current = this.#current;
    const left = current?.expiration ? current.expiration.getTime() - now : Number.POSITIVE_INFINITY;
    if (current === undefined || (left <= LAST_MOMENT && this.#provider)) return this.#refresh(now);
    if (left <= REFRESH_AHEAD && this.#provider && now >= this.#notBefore) {
      // If it fails, the old ones still serve; the failure is told when they do no more.
      this.#refresh(now).catch(() => {});
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

  #refresh(now: number): Promise<Credentials> {
    this.#notBefore = now + REFRESH_PAUSE;
    this.#refreshing ??= this.#ask().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #ask(): Promise<Credentials> {
    try {
      this.#current = checked(await this.#provider!());
      return this.#current;
    } catch (cause) {
      if (cause instanceof StoreError) throw cause;
      throw new StoreError("ClientError", "the provider of the credentials has failed", { cause });
    }
  }
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
