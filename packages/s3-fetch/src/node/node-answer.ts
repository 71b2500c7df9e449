import type { IncomingMessage } from "node:http";
import { readableChunks, streamOf } from "@sluice/object-store";
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
  open(reading: Reading): ReadableStream<Uint8Array> {
    const { signal, failure } = reading;
    const onWait = () => this.#watch.wait(this.#idleTimeout);
    const onRest = () => this.#watch.rest();
    return streamOf(readableChunks(this.#message, { signal, failure, onWait, onRest }));
  }
}
