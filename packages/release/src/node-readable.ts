import type { NodeReadable } from "./ending.js";
import type { Hold } from "./hold.js";
import type { Consumer } from "./time-budget.js";

//  flowing ──end──▶ read ──finish, or no writable side──▶ released      a Duplex is over when both its sides are,
//     └─────error, close────────────────────────────────▶ released     in either order
//
// Close is silent if a stream is made so (`emitClose: false`): destroyed without an error it says nothing.

/** Listens; changes nothing. */
export function releaseOnReadableEnd(stream: NodeReadable, hold: Hold): NodeReadable {
  if (isOver(stream)) {
    hold.release();
    return stream;
  }
  const over = (): void => {
    for (const event of ["end", "finish"]) stream.removeListener(event, sideEnded);
    for (const event of endings) stream.removeListener(event, over);
    consumer.leave();
    hold.release();
  };
  const sideEnded = (): void => {
    if (isOver(stream)) over();
  };
  // A plain "error" listener would make an unhandled error look handled. Every emitter class has a symbol for
  // listening without that; it covers streams that fail without ever emitting "close".
  const { errorMonitor = "close" } = stream.constructor as { errorMonitor?: symbol };
  const endings = ["close", errorMonitor];
  for (const event of ["end", "finish"]) stream.once(event, sideEnded);
  for (const event of endings) stream.once(event, over);
  const consumer = new Taker(stream, over, hold.idles);
  hold.watch(consumer, stream);
  return stream;
}

const isOver = ({ destroyed, errored, readableEnded, writableFinished }: NodeReadable): boolean =>
  destroyed || !!errored || (readableEnded && writableFinished !== false);

/** Whoever takes the chunks, in whichever mode. */
class Taker implements Consumer {
  readonly #stream: NodeReadable;
  readonly #over: () => void;
  #took = false;
  #listening = false;

  constructor(stream: NodeReadable, over: () => void, watched: boolean) {
    this.#stream = stream;
    this.#over = over;
    if (!watched) return;
    this.#listen();
    stream.on("removeListener", this.#onRemoved);
  }

  waits(): boolean {
    const stream = this.#stream;
    // Some close without a word.
    if (stream.destroyed) this.#over();
    if (stream.destroyed || stream.readableEnded) return true;
    return stream.readableLength === 0 && (!!stream.readableFlowing || stream.listenerCount("readable") > 0);
  }

  gotOn(): boolean {
    const took = this.#took || !this.#listening;
    this.#took = false;
    this.#listen();
    return took;
  }

  lose(why: Error): void {
    // With nobody there to hear of it, the error would end the process.
    this.#stream.once("error", () => {});
    this.#stream.destroy(why);
  }

  leave(): void {
    this.#stream.removeListener("data", this.#onData);
    this.#stream.removeListener("removeListener", this.#onRemoved as () => void);
  }

  readonly #onData = (): void => {
    this.#took = true;
  };

  // A stream that is left by its last "readable" listener flows if it has one for "data", and it must not for ours.
  readonly #onRemoved = (event: string | symbol): void => {
    if (event !== "readable") return;
    this.#listening = false;
    this.#stream.removeListener("data", this.#onData);
  };

  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    // Not `on`, which would make the stream flow. The event comes in every mode, for each chunk that is taken.
    this.#stream.prependListener("data", this.#onData);
  }
}
