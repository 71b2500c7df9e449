import { releaseOnEnd, TooLargeError } from "@sluice/release";
import { limitWebStream } from "./limit-web-stream.js";

//  unread ──read──▶ read ──end, error, cancel──▶ over
//    └────limit crossed, for who reads it an error──▶ over

/** The body of a request, held to a limit and watched. */
export class Intake {
  /** What to hand on in place of the request. */
  readonly request: Request;
  readonly #body: ReadableStream<Uint8Array> | undefined;
  #tooLarge: TooLargeError | undefined;
  #over = false;
  #onOver = (): void => {};

  constructor(request: Request, maxBody = Number.POSITIVE_INFINITY) {
    this.request = request;
    if (request.body === null) return;
    const limited = limitWebStream(
      request.body,
      { count: this.#counting(maxBody) },
      // Left, not cancelled: a server closes the connection of a request that is cancelled, and the answer with it.
      () => {},
    ) as ReadableStream<Uint8Array>;
    this.#body = releaseOnEnd(limited, () => {
      this.#over = true;
      this.#onOver();
    });
    // `duplex` is missing in the types, and demanded by every runtime that streams a request.
    const init: RequestInit & { duplex: "half" } = { body: this.#body, duplex: "half" };
    this.request = new Request(request, init);
  }

  /** The error that the body has ended with, if it was too large. */
  get tooLarge(): TooLargeError | undefined {
    return this.#tooLarge;
  }

  /** Calls `done` when the body is over, or at once if nobody reads it: then nobody will any more. */
  whenOver(done: () => void): void {
    if (this.#over || !this.#body?.locked) done();
    else this.#onOver = done;
  }

  #counting(limit: number): (chunk: unknown) => void {
    let seen = 0;
    return (chunk) => {
      seen += (chunk as Uint8Array).byteLength;
      if (seen <= limit) return;
      this.#tooLarge = new TooLargeError(limit, { seen });
      throw this.#tooLarge;
    };
  }
}
