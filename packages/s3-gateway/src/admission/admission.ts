import { S3Error } from "../protocol/s3-error.js";
import type { FairLine } from "./fair-line.js";
import type { Grant } from "./grant.js";

/** Why a request was sent away before it touched the store. */
export type Shed = "line-full" | "wait-timeout" | "closing";

export interface AdmissionOptions {
  readonly line: FairLine;
  /** Milliseconds. */
  readonly waitTimeout: number;
}

/** How a request waits. */
export interface Waiting {
  /** Whose it is: a name, or a promise of it that rejects if nobody vouches for it. */
  readonly who: string | Promise<string>;
  readonly signal: AbortSignal;
  /** Aborts when nobody should be kept waiting any more. */
  readonly closing?: AbortSignal | undefined;
}

/** Lets requests in while their bytes fit, and tells the others when to come again. */
export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * Waits until a request of so many bytes may begin.
   *
   * - **Order:** that of the line.
   * - **Abort:** rejects with `signal.reason`; nothing is held.
   * - **Errors:** SlowDown, ServiceUnavailable and EntityTooLarge, with the budget's own error as the cause.
   */
  async enter(weight: number, { who, signal, closing }: Waiting): Promise<Grant> {
    const { line, waitTimeout: timeout } = this.#options;
    const since = performance.now();
    try {
      if (typeof who !== "string") {
        // Whoever has to wait has the time to be known first; whoever has not, must not lose any.
        const grant = line.tryEnter(weight);
        if (grant !== undefined) return this.#chargeLater(grant, who);
      }
      const name = await who;
      const stop = closing && stopAlong(signal, closing);
      try {
        return await line.enter(weight, name, { signal: stop?.signal ?? signal, timeout });
      } finally {
        stop?.unlink();
      }
    } catch (cause) {
      throw signal.aborted ? cause : (this.#refusal(cause, performance.now() - since) ?? cause);
    }
  }

  #chargeLater(grant: Grant, who: Promise<string>): Grant {
    // Who turns out to be nobody is refused, and gives it back.
    who.then((name) => this.#options.line.charge(grant, name)).catch(() => {});
    return grant;
  }

  #refusal(cause: unknown, waited: number): S3Error | undefined {
    const shed = whyShed(cause);
    const options = { retryAfter: this.#retryAfter(waited), cause };
    if (shed === "closing")
      return new S3Error("ServiceUnavailable", "The gateway is shutting down.", options);
    if (shed !== undefined)
      return new S3Error("SlowDown", "The memory budget is taken. Reduce your request rate.", options);
    if ((cause as { code?: unknown } | undefined)?.code === "ERR_TOO_HEAVY") {
      return new S3Error("EntityTooLarge", "The request needs more memory than this gateway has.", { cause });
    }
    return undefined;
  }

  // Spread over the time in which those who wait may be served, or over what was waited in vain, so that a crowd that was
  // sent away at once does not come back at once.
  #retryAfter(waited: number): number {
    const spread = Math.min(Math.max(this.#options.line.drainMs, waited, LEAST_SPREAD), MOST_SPREAD);
    return Math.ceil(SOONEST + Math.random() * spread);
  }
}

/** Milliseconds. */
const SOONEST = 500;
const LEAST_SPREAD = 500;
const MOST_SPREAD = 29_500;

/** Whether a failure means that a request was sent away at the door, and why. */
export function whyShed(failure: unknown): Shed | undefined {
  const { code, cause } = (failure ?? {}) as { readonly code?: unknown; readonly cause?: unknown };
  if (code === "ERR_WAIT_TIMEOUT") return "wait-timeout";
  if (code === "ERR_OVERLOADED") return "line-full";
  if (code === "ERR_CLOSED" || failure instanceof ClosingError) return "closing";
  return failure instanceof S3Error && cause !== undefined ? whyShed(cause) : undefined;
}

/** The server closes, and waits for nobody else. */
export class ClosingError extends Error {
  override readonly name = "ClosingError";
  readonly code = "ERR_CLOSING";
  constructor() {
    super("the server is closing");
  }
}

// Not `AbortSignal.any`, which leaves a trace on a signal that lives long.
function stopAlong(signal: AbortSignal, closing: AbortSignal) {
  const stop = new AbortController();
  const onLeft = (): void => stop.abort(signal.reason);
  const onClosing = (): void => stop.abort(new ClosingError());
  if (signal.aborted) onLeft();
  else if (closing.aborted) onClosing();
  signal.addEventListener("abort", onLeft);
  closing.addEventListener("abort", onClosing);
  const unlink = (): void => {
    signal.removeEventListener("abort", onLeft);
    closing.removeEventListener("abort", onClosing);
  };
  return { signal: stop.signal, unlink };
}
