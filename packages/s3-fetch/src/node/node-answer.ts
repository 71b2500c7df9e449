import type { IncomingMessage } from "node:http";
import type { Reading, WireAnswer } from "@sluice/s3-fetch";
import type { Watch } from "./watch.js";

// Bytes of a body that nobody reads that are still read, so that its connection can be used again.
const MOST_DRAINED = 64 * 1024;

/** An answer that Node's HTTP client has read the head of. */
export class NodeAnswer implements WireAnswer {
  readonly status: number;
  readonly headers = new Headers();
  readonly decoded = false;
  readonly #message: IncomingMessage;
  readonly #watch: Watch;
  readonly #idleTimeout: number;

  readonly #head: boolean;

  constructor(message: IncomingMessage, head: boolean, watch: Watch, idleTimeout: number) {
    this.status = message.statusCode ?? 0;
    for (let i = 0; i < message.rawHeaders.length; i += 2) {
      this.headers.append(message.rawHeaders[i]!, message.rawHeaders[i + 1]!);
    }
    this.#message = message;
    this.#head = head;
    this.#watch = watch;
    this.#idleTimeout = idleTimeout;
    // Without a reader it is nobody's failure.
    message.on("error", () => {});
    message.on("close", () => watch.end());
  }

  discard(): void {
    const message = this.#message;
    const length = Number(this.headers.get("content-length") ?? 0);
    if (!this.#head && length > MOST_DRAINED) return void message.destroy();
    let left = MOST_DRAINED;
    message.on("data", (chunk: Buffer) => {
      left -= chunk.byteLength;
      if (left < 0) message.destroy();
    });
    this.#watch.wait(this.#idleTimeout);
  }

  // Node's parser knows the length, and fails what ends early.
  open({ signal, failure }: Reading): ReadableStream<Uint8Array> {
    const message = this.#message;
    let over = false;
    let stopListening = () => {};
    return new ReadableStream({
      type: "bytes",
      start: (controller) => {
        const finish = (how: () => void) => {
          if (over) return;
          over = true;
          this.#watch.end();
          stopListening();
          how();
        };
        const fail = (error: unknown) => finish(() => controller.error(error));
        const onAbort = () => {
          fail(signal?.reason);
          message.destroy();
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        stopListening = () => signal?.removeEventListener("abort", onAbort);
        message.on("data", (chunk: Buffer<ArrayBuffer>) => {
          if (over) return;
          message.pause();
          this.#watch.rest();
          controller.enqueue(owned(chunk));
        });
        message.on("end", () =>
          finish(() => {
            controller.close();
            // A reader that waits with its own buffer is told of the end by this, and by nothing else.
            controller.byobRequest?.respond(0);
          }),
        );
        message.on("error", (error) => fail(failure(error)));
        message.on("close", () =>
          fail(failure(new Error("the connection closed before the end of the body"))),
        );
        message.pause();
        if (signal?.aborted) onAbort();
        else if (message.destroyed && !message.readableEnded) fail(failure(message.errored));
      },
      pull: () => {
        this.#watch.wait(this.#idleTimeout);
        message.resume();
      },
      cancel: () => {
        over = true;
        stopListening();
        message.destroy();
      },
    });
  }
}

// A byte stream takes the whole buffer behind a chunk away from its owner. A chunk that covers its buffer is alone
// there, and those of Node's parser do; any other may have neighbours, and is copied.
const owned = (chunk: Buffer<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  chunk.byteLength === chunk.buffer.byteLength ? new Uint8Array(chunk.buffer) : new Uint8Array(chunk);
