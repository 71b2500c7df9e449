import type { CustomerKeyOptions, RequestOptions, RetryOptions } from "@sluice/object-store";
import { retry } from "@sluice/object-store";
import type { Semaphore } from "@sluice/semaphore";
import type { UploadEvent, UploadRequest } from "./events.js";
import { codeOf } from "./failure.js";

interface Options extends CustomerKeyOptions {
  readonly retry?: RetryOptions | undefined;
  readonly slots?: number | Semaphore | undefined;
  readonly expectedBucketOwner?: string | undefined;
  readonly onEvent?: ((event: UploadEvent) => void) | undefined;
}

/** What a request needs in order to be let at an object. */
export type Access = Pick<RequestOptions, "expectedBucketOwner"> & CustomerKeyOptions;

type Observe = <R>(task: () => Promise<R>) => Promise<R>;

/** Makes the requests of one upload: tries each as often as it may, tells of it, and lets a limit that adapts learn. */
export class Requests {
  readonly access: Access;
  readonly #retry: RetryOptions | undefined;
  readonly #observe: Observe;
  readonly #onEvent: ((event: UploadEvent) => void) | undefined;

  constructor({ retry, slots, expectedBucketOwner, customerKey, onEvent }: Options) {
    this.access = { expectedBucketOwner, customerKey };
    this.#retry = retry;
    this.#observe = observeOf(slots);
    this.#onEvent = onEvent;
  }

  /** Each try is observed by itself: the first may be told to slow down, and the second work. */
  make<T>(
    request: UploadRequest,
    attempt: () => Promise<T>,
    signal: AbortSignal | undefined,
    partNumber?: number,
  ): Promise<T> {
    return retry(() => this.#observe(attempt), {
      ...this.#retry,
      signal,
      onRetry: (event) => {
        this.#retry?.onRetry?.(event);
        const { error, attempt, delay } = event;
        this.#onEvent?.({ type: "retry", request, partNumber, attempt, delay, code: codeOf(error), error });
      },
    });
  }
}

// By its method, so that who has no use for an adaptive limit need not load one.
function observeOf(slots: number | Semaphore | undefined): Observe {
  const adaptive = slots as { observe?: Observe } | number | undefined;
  if (typeof adaptive !== "object" || typeof adaptive.observe !== "function") return (task) => task();
  return (task) => adaptive.observe!(task);
}

/**
 * The slots to read with. Of an adaptive limit, only what waits and grants: it hears of every try of a request, and must
 * not hear of the part as a whole once more.
 */
export function readingSlots(slots: number | Semaphore): number | Semaphore {
  if (typeof slots !== "object" || slots === null || !("observe" in slots)) return slots;
  const bare: Pick<Semaphore, "acquire" | "tryAcquire"> = {
    acquire: (weight, options) => slots.acquire(weight, options),
    tryAcquire: (weight) => slots.tryAcquire(weight),
  };
  return bare as Semaphore;
}
