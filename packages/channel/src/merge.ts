import { Asking, Recall } from "./asking.js";
import type { Receiver } from "./halves.js";
import { Outlet } from "./outlet.js";

/** After so many items that were there already, sources are asked in earnest, for one may have ended or failed. */
const IN_PASSING = 64;

/**
 * One receiver of what several have, as it comes; items of one source keep their order, and sources that all have
 * items take turns. It holds nothing: an item leaves its source only when somebody receives, and goes to that
 * receiver in the same step. So it hears of an end or a failure when it is asked for an item, and while the others
 * always have some, after 64 of these at the latest.
 *
 * It ends when all have ended, and fails with the first that fails, when the others are cancelled with that error.
 * Cancelling it cancels them all.
 */
export function merge<T>(...receivers: Receiver<T>[]): Receiver<T> {
  return new Merge(receivers).outlet;
}

class Merge<T> {
  readonly outlet: Outlet<T> = new Outlet<T>({
    take: () => this.#take(),
    settle: () => this.#settle(),
    leave: (reason) => this.#leave(reason),
  });
  readonly #recall = new Recall();
  readonly #sources: Asking<T>[];
  /** Whose turn it is. */
  #turn = 0;
  #settling = false;
  #inPassing = 0;

  constructor(receivers: readonly Receiver<T>[]) {
    this.#sources = receivers.map(
      (receiver) =>
        new Asking(
          receiver,
          this.#recall,
          (item) => this.#pass(item),
          (failure) => this.#end(failure),
        ),
    );
  }

  #take(): { value: T } | undefined {
    for (const _ of this.#sources) {
      const got = this.#next().tryReceive();
      if (got) return got;
    }
    return undefined;
  }

  #pass(item: T): void {
    // Before the item goes on: nobody else may bring one for whoever gets this one.
    if (this.outlet.waiting === 1) this.#recall.all();
    this.outlet.serve(item);
    this.#settle();
  }

  /** Serves whoever waits with what is there, and then asks each source that has nothing. */
  #settle(): void {
    if (this.#settling) return; // a source has answered at once: the loop below goes on
    this.#settling = true;
    while (this.outlet.waiting > 0 && this.#inPassing < IN_PASSING) {
      const got = this.#take();
      if (!got) break;
      this.#inPassing++;
      this.#pass(got.value);
    }
    if (this.outlet.waiting > 0) this.#inPassing = 0;
    for (let idle = 0; this.outlet.waiting > 0 && idle < this.#sources.length; ) {
      const source = this.#next();
      const fresh = !source.asked;
      source.ask();
      idle = fresh && !source.asked && !source.isOver ? 0 : idle + 1;
    }
    this.#settling = false;
    if (this.outlet.waiting === 0) this.#recall.all();
    else if (this.#sources.every((source) => source.isOver)) {
      this.outlet.finish({ failed: false, reason: undefined });
    }
  }

  #end(failure: { reason: unknown } | undefined): void {
    if (failure) {
      this.outlet.finish({ failed: true, reason: failure.reason });
      this.#leave(failure.reason);
    } else this.#settle();
  }

  #leave(reason: unknown): void {
    for (const source of this.#sources) source.cancel(reason);
  }

  #next(): Asking<T> {
    const source = this.#sources[this.#turn]!;
    this.#turn = (this.#turn + 1) % this.#sources.length;
    return source;
  }
}
