import { isWebStream } from "./ending.js";
import { LockedError, NotAStreamError } from "./errors.js";
import type { Hold } from "./hold.js";
import { releaseOnWebStreamEnd } from "./web-stream.js";

/** The response with its body wrapped; one without a body has ended already, and is returned itself. */
export function releaseOnResponseEnd(response: Response, hold: Hold): Response {
  const { body } = response;
  if (body === null) {
    hold.release();
    return response;
  }
  if (response.bodyUsed) throw new LockedError(response);
  if (!isWebStream(body)) throw new NotAStreamError(body);
  return new Releasing(response, releaseOnWebStreamEnd(body, hold));
}

// A Response cannot be constructed with these three, so they are kept beside it.
export class Releasing extends Response {
  readonly #original: Pick<Response, "url" | "redirected" | "type">;

  constructor({ status, statusText, headers, url, redirected, type }: Response, body: ReadableStream | null) {
    super(body, { status, statusText, headers });
    this.#original = { url, redirected, type };
  }

  override get url(): string {
    return this.#original.url;
  }

  override get redirected(): boolean {
    return this.#original.redirected;
  }

  override get type(): ResponseType {
    return this.#original.type;
  }

  /** The permit is given back when the quicker of the two has read it all, or both were cancelled. */
  override clone(): Response {
    return new Releasing(this, super.clone().body);
  }
}
