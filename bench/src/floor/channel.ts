/** The floor: a ring and at most one parked party on each side. */
export class FloorChannel<T> {
  readonly #capacity: number;
  readonly #ring: (T | undefined)[];
  readonly #mask: number;
  #head = 0;
  #size = 0;
  #receiver: ((item: T) => void) | undefined;
  #sender: { readonly item: T; readonly sent: () => void } | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
    const length = 2 ** Math.ceil(Math.log2(Math.max(2, capacity)));
    this.#ring = new Array<T | undefined>(length).fill(undefined);
    this.#mask = length - 1;
  }

  send(item: T): Promise<void> {
    const receiver = this.#receiver;
    if (receiver !== undefined) {
      this.#receiver = undefined;
      receiver(item);
      return DONE;
    }
    if (this.#size < this.#capacity) {
      this.#put(item);
      return DONE;
    }
    return new Promise((sent) => {
      this.#sender = { item, sent };
    });
  }

  receive(): Promise<T> {
    if (this.#size === 0) {
      return new Promise((resolve) => {
        this.#receiver = resolve;
      });
    }
    const item = this.#ring[this.#head] as T;
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    this.#size--;
    const sender = this.#sender;
    if (sender !== undefined) {
      this.#sender = undefined;
      this.#put(sender.item);
      sender.sent();
    }
    return Promise.resolve(item);
  }

  #put(item: T): void {
    this.#ring[(this.#head + this.#size++) & this.#mask] = item;
  }
}

const DONE = Promise.resolve();
