import { releaseOnWebStreamEnd } from "./web-stream.js";

/** The response with its body wrapped; one without a body has ended already, and is returned itself. */
export function releaseOnResponseEnd(response: Response, release: () => void): Response {
  if (response.body === null) {
    release();
    return response;
  }
  return new Releasing(response, releaseOnWebStreamEnd(response.body, release));
}

// A Response cannot be constructed with these three, so they are kept beside it.
export class Releasing extends Response {
  readonly #original: Pick<Response, "url" | "redirected" | "type">;

  constructor({ status, statusText, headers, url, redirected, type }: Response, body: ReadableStream) {
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
}
