import type { Progress } from "./options.js";

interface WireRequest {
  readonly path?: string;
  readonly query?: { readonly uploadId?: unknown; readonly partNumber?: unknown };
}

type Hear = (event: { readonly loaded: number; readonly total: number }, request?: WireRequest) => void;

/** A request handler that tells how much of a body it has sent, as `@aws-sdk/xhr-http-handler` does. */
interface TellingHandler {
  on(name: typeof EVENT, listener: Hear): unknown;
  off(name: typeof EVENT, listener: Hear): unknown;
}

const EVENT = "xhr.upload.progress";

/** How much of a body has been sent, told part by part. What was told is never taken back. */
export class Sent {
  readonly #handler: unknown;
  readonly #total: number | undefined;
  readonly #tell: (progress: Progress) => void;
  #loaded = 0;

  /** `total`: bytes of the body, if known. */
  constructor(handler: unknown, total: number | undefined, tell: (progress: Progress) => void) {
    this.#handler = handler;
    this.#total = total;
    this.#tell = tell;
  }

  /** Sends the body as a whole, to this path. */
  async whole<T>(path: string, size: number, send: () => Promise<T>): Promise<T> {
    const isOurs = (request: WireRequest) =>
      request.query?.uploadId === undefined && request.path?.endsWith(path) !== false;
    const hear: Hear = ({ loaded, total }) => {
      this.#loaded = Math.max(this.#loaded, loaded);
      this.#tell({ loaded: this.#loaded, total, part: 1 });
    };
    const answer = await this.#while(send, isOurs, hear);
    this.#tell({ loaded: size, total: size, part: 1 });
    return answer;
  }

  /** Sends one part. */
  async part<T>(part: number, uploadId: string, size: number, send: () => Promise<T>): Promise<T> {
    let seen = 0;
    const advance = (loaded: number) => {
      const step = Math.max(0, Math.min(loaded, size) - seen);
      seen += step;
      this.#loaded += step;
      this.#tell({ loaded: this.#loaded, total: this.#total, part });
    };
    const isOurs = ({ query }: WireRequest) =>
      Number(query?.partNumber) === part && query?.uploadId === uploadId;
    const answer = await this.#while(send, isOurs, ({ loaded }) => advance(loaded));
    advance(size);
    return answer;
  }

  // A handler serves all the requests of a client, also those of other uploads.
  async #while<T>(send: () => Promise<T>, isOurs: (request: WireRequest) => boolean, hear: Hear): Promise<T> {
    const handler = this.#handler;
    if (!isTelling(handler)) return send();
    const listener: Hear = (event, request = {}) => {
      if (isOurs(request)) hear(event);
    };
    handler.on(EVENT, listener);
    try {
      return await send();
    } finally {
      handler.off(EVENT, listener);
    }
  }
}

const isTelling = (handler: unknown): handler is TellingHandler =>
  typeof handler === "object" && handler !== null && "on" in handler && "off" in handler && "emit" in handler;
