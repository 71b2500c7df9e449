import { forgetLeak, type Source, watchLeak } from "./leaks.js";
import { checkRelease, type ReleaseOptions } from "./options.js";
import { type Consumer, watchTime } from "./time-budget.js";

//  held ──ended, failed, left──────▶ released, once: no timer and no watch stays behind
//    ├────a time budget is spent───▶ lost ──▶ released
//    └────collected────────────────▶ reported, released

/** A release that happens once, at the latest when its time is over. For whoever wraps another kind of stream. */
export class Hold {
  readonly #options: ReleaseOptions;
  #release: (() => void) | undefined;
  #stop: (() => void) | undefined;

  /** Throws `ERR_INVALID_VALUE`. */
  constructor(release: () => void, options: ReleaseOptions = {}) {
    checkRelease(release, options);
    this.#release = release;
    this.#options = options;
  }

  /** Whether somebody has to look at how the consumer gets on. */
  get idles(): boolean {
    return this.#options.idleTimeout !== undefined;
  }

  /** Whether the stream may be lost while the consumer waits for it. */
  get mortal(): boolean {
    return this.#options.lifetime !== undefined;
  }

  /** Starts the time budgets, and watches over `holder`, which whoever has the stream holds. */
  watch(consumer: Consumer, holder: object = consumer, source?: Source): void {
    const { idleTimeout, lifetime, onLeak } = this.#options;
    if (idleTimeout !== undefined || lifetime !== undefined) this.#watchTime(consumer);
    if (onLeak !== undefined) watchLeak(holder, this, source, onLeak);
  }

  /** Once, however many endings a stream reports; further calls do nothing. */
  release(): void {
    const release = this.#release;
    if (release === undefined) return;
    this.#release = undefined;
    this.#stop?.();
    forgetLeak(this);
    try {
      // Nobody waits for a promise, and nobody handles its rejection: it surfaces where bugs do, as what is thrown.
      release();
    } catch (error) {
      // The stream has its own ending to tell, and this error must not replace it. It is the program's
      // own bug, so it surfaces where bugs do: as an uncaught exception.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  // Apart from what is watched for leaks: closures of one function share what they hold.
  #watchTime(consumer: Consumer): void {
    this.#stop = watchTime(this.#options, {
      waits: () => consumer.waits(),
      gotOn: () => consumer.gotOn(),
      lose: (why) => {
        try {
          consumer.lose(why);
        } finally {
          this.release();
        }
      },
    });
  }
}
