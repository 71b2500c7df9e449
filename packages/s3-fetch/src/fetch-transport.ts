import { urlOf } from "./address.js";
import { fetchBody, runtime } from "./fetch-body.js";
import { incoming } from "./incoming-body.js";
import type { Reading, Transport, WireAnswer } from "./wire.js";

/** As much of `fetch` as is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

// Bytes of a body that nobody reads that are still read, so that its connection can be used again.
const MOST_DRAINED = 64 * 1024;

/** Sends requests by `fetch`. */
export const fetchTransport =
  (given: Fetch | undefined): Transport =>
  async (request) => {
    const { method, origin, target, headers, signal } = request;
    const [path = "", query = ""] = split(target);
    const url = urlOf({ origin, path }, query);
    // Not signed: browsers do not let it be set. The object's own bytes are wanted, and not what a proxy makes of them.
    headers.set("accept-encoding", "identity");
    // Looked up at each request, so that what replaces it later is heeded.
    const send = given ?? fetch;
    const { init, done } = await fetchBody(request);
    // The cache of a browser would ask for another range than the one that was signed, or not ask at all. On Workers of
    // before November 2024 the option itself is an error.
    const cached: RequestInit = runtime() === "other" ? { cache: "no-store" } : {};
    // A redirect is an answer of its own: followed, it would carry a signature for another host.
    const answered = send(url, { method, headers, signal, redirect: "manual", ...cached, ...init });
    done?.catch(() => {});
    return new FetchAnswer(await answered, method === "HEAD");
  };

class FetchAnswer implements WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly decoded: boolean;
  readonly #response: Response;
  readonly #length: number | undefined;

  constructor(response: Response, head: boolean) {
    this.#response = response;
    // What a browser says of a redirect that it was told not to follow.
    this.status = response.type === "opaqueredirect" ? 307 : response.status;
    this.headers = response.headers;
    const length = response.headers.get("content-length");
    this.decoded = DECODED.test(response.headers.get("content-encoding") ?? "");
    // With an encoding, the length is that of what the runtime has decoded.
    this.#length = length === null || head || this.decoded ? undefined : Number(length);
  }

  open(reading: Reading): ReadableStream<Uint8Array> {
    return incoming(this.#response.body ?? new Blob([]).stream(), this.#length, reading);
  }

  discard(): void {
    const { body } = this.#response;
    if (body === null || body.locked) return;
    const small = this.#length !== undefined && this.#length <= MOST_DRAINED;
    (small ? this.#response.arrayBuffer() : body.cancel()).catch(() => {});
  }
}

// What runtimes take off a body by themselves.
const DECODED = /gzip|deflate|compress|\bbr\b|zstd/i;

function split(target: string): [string, string] {
  const at = target.indexOf("?");
  return at < 0 ? [target, ""] : [target.slice(0, at), target.slice(at + 1)];
}
