import { type NodeReadable, nodeReadable } from "./node-stream.js";
import type { Outgoing, Transport } from "./outgoing.js";
import { SLICE, sliced } from "./slices.js";

/** Bytes in memory: can be sent again, so each try gets a fresh payload. */
export class PiecesBody implements Outgoing {
  readonly length: number;
  exhausted: boolean;
  readonly #pieces: readonly Uint8Array[];
  readonly #transport: Transport;
  readonly #onSent: (bytes: number) => void;
  #readable: NodeReadable | undefined;

  constructor(pieces: readonly Uint8Array[], transport: Transport, onSent: (bytes: number) => void) {
    this.#onSent = onSent;
    this.#pieces = pieces;
    this.#transport = transport;
    this.length = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    this.exhausted = this.length === 0;
  }

  async payload(): Promise<unknown> {
    if (this.length === 0) return undefined;
    if (this.#transport === "fetch") {
      this.exhausted = true;
      // fetch sizes these by itself. A stream would need a Content-Length, which browsers do not let one set.
      return this.#pieces.length === 1 ? this.#pieces[0] : new Blob([...this.#pieces] as BlobPart[]);
    }
    const slices = sliced(this.#pieces);
    const Readable = await nodeReadable();
    this.#readable?.destroy();
    const onSent = this.#onSent;
    const exhaust = () => {
      this.exhausted = true;
    };
    this.#readable = new Readable({
      highWaterMark: SLICE,
      read() {
        for (;;) {
          const { value } = slices.next();
          if (value === undefined) exhaust();
          else onSent(value.byteLength);
          if (!this.push(value ?? null)) return;
        }
      },
    });
    return this.#readable;
  }

  stop(): void {
    this.#readable?.destroy();
  }
}
