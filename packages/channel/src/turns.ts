// Two loops that send and receive never leave the queue of microtasks, and until they do no timer fires and no socket
// is read. So once in so many items everything that could be done at once is done in the next turn of the event loop.
// Everything, on both sides: if only one of them waited, the other would find the buffer full or empty, and it would
// stay so; then somebody parks for every item, which is what makes a channel slow.
const EVERY = 1024;

// Taken now, so that a clock that a test stops does not stop the channel.
const { setImmediate, MessageChannel, setTimeout } = globalThis as Partial<typeof globalThis> & {
  setImmediate?: (callback: () => void) => void;
};

/** Calls back in the next turn of the event loop. A timer comes last: browsers stretch one of 0 to 4 ms. */
function nextTurn(callback: () => void): void {
  if (setImmediate) setImmediate(callback);
  else if (MessageChannel) postTo(callback, new MessageChannel());
  else setTimeout!(callback);
}

function postTo(callback: () => void, { port1, port2 }: MessageChannel): void {
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(0);
}

const RIGHT_NOW: Promise<void> = Promise.resolve();
const nothing = (): void => undefined;

// A function of its own: a closure in `received` would cost every item something.
const after = <Value>(turn: Promise<void>, value: Value): Promise<Value> => turn.then(() => value);

/** When what could be done at once is done. */
export class Turns {
  #left = EVERY;
  #next: Promise<void> | undefined;
  #behind: Promise<void> = RIGHT_NOW;

  /** For who sends: nearly always a promise that has resolved. To be read before the item is taken in. */
  get sent(): Promise<void> {
    return this.#behind;
  }

  /** For who receives now: nearly always a promise that has resolved with the value. */
  received<Value>(value: Value): Promise<Value> {
    return this.#left-- > 0 ? Promise.resolve(value) : after(this.#turn(), value);
  }

  /** For who has waited to receive: gives the value, nearly always now. */
  give<Value>(value: Value, settle: (value: Value) => void): void {
    if (this.#left-- > 0) settle(value);
    else after(this.#turn(), value).then(settle);
  }

  #turn(): Promise<void> {
    if (this.#next) return this.#next;
    this.#next = new Promise(nextTurn);
    this.#next.then(() => {
      this.#left = EVERY;
      this.#next = undefined;
      this.#behind = RIGHT_NOW;
    });
    // The sender is one ahead when it notices, so the receiver goes first.
    this.#behind = this.#next.then(nothing).then(nothing);
    return this.#next;
  }
}
