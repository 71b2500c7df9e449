import type {
  CustomerKeyOptions,
  GetResult,
  ObjectInfo,
  ObjectSource,
  ObjectStore,
  RequestOptions,
  RetryOptions,
} from "@sluice/object-store";
import type { AdaptiveSemaphore } from "@sluice/read-slots";
import { codeOf, ObjectChangedError, StalledError } from "./errors.js";
import type { DownloadEvent } from "./events.js";
import { IdleWatch } from "./idle-watch.js";
import type { Settled } from "./options.js";

/** Which version of the object the download has begun with. */
export interface Pin {
  readonly etag: string;
  readonly size: number;
  /** As the first answer has named it; undefined once the store has turned out not to let us ask by it. */
  versionId: string | undefined;
  /** The store heeds no range, and sends all there is. */
  readonly unranged: boolean;
}

/** What every request of one download has in common. */
export class Asking {
  readonly store: ObjectStore;
  readonly source: ObjectSource;
  readonly retry: RetryOptions;
  readonly idleTimeout: number;
  readonly watch: IdleWatch;
  /** The limit, if it learns from how tries end. */
  readonly limit: Pick<AdaptiveSemaphore, "begin"> | undefined;
  readonly access: Pick<RequestOptions, "expectedBucketOwner"> & CustomerKeyOptions;
  readonly #stop = new AbortController();
  /** One listener on a signal for each request would be more than Node takes for right. */
  readonly #forks = new Set<AbortController>();
  readonly #outer: AbortSignal | undefined;
  readonly #onEvent: ((event: DownloadEvent) => void) | undefined;

  constructor(store: ObjectStore, source: ObjectSource, settled: Settled) {
    const { retry, idleTimeout, slots, customerKey, expectedBucketOwner, signal, onEvent } = settled;
    this.store = store;
    this.source = source;
    this.retry = retry ?? {};
    this.idleTimeout = idleTimeout;
    this.watch = new IdleWatch(idleTimeout);
    // By its method, so that a limit of another copy of its class learns as well.
    this.limit = "begin" in slots ? (slots as AdaptiveSemaphore) : undefined;
    this.access = { customerKey, expectedBucketOwner };
    this.#outer = signal;
    this.#onEvent = onEvent;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Stops all of them. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  stop(reason: unknown): void {
    this.#stop.abort(reason);
    for (const fork of this.#forks) fork.abort(this.signal.reason);
    this.#forks.clear();
  }

  /** What stops one of them, or is stopped with all of them, until it is joined. */
  fork(): AbortController {
    const fork = new AbortController();
    if (this.signal.aborted) fork.abort(this.signal.reason);
    else this.#forks.add(fork);
    return fork;
  }

  join(fork: AbortController): void {
    this.#forks.delete(fork);
  }

  /** Nothing more is going to happen. */
  end(): void {
    this.watch.end();
    this.#outer?.removeEventListener("abort", this.#onAbort);
  }

  tell(event: DownloadEvent): void {
    try {
      this.#onEvent?.(event);
    } catch (error) {
      this.stop(error);
    }
  }

  get(
    range: { readonly start: number; readonly end: number } | undefined,
    signal: AbortSignal,
    pin: Pin | undefined,
  ): Promise<GetResult> {
    const ask = (source: ObjectSource, ifMatch: string | undefined) =>
      this.store.get(source, { ...this.access, range, ifMatch, signal });
    return this.#pinned(ask, range?.start ?? 0, pin);
  }

  /** What is known of the object, or of one of its parts; without a pin, of whatever version. */
  async head(pin?: Pin, partNumber?: number): Promise<ObjectInfo> {
    const request = this.fork();
    const wait = this.watch.begin(() => request.abort(new StalledError(this.idleTimeout)));
    const ask = (source: ObjectSource, ifMatch: string | undefined) =>
      this.store.head(source, { ...this.access, partNumber, ifMatch, signal: request.signal });
    try {
      wait.count();
      const info = await this.#pinned(ask, 0, pin);
      // Not every store heeds If-Match.
      if (pin && (info.etag !== pin.etag || info.size !== pin.size)) {
        throw new ObjectChangedError(pin.etag, 0);
      }
      return info;
    } finally {
      this.watch.forget(wait);
      this.join(request);
    }
  }

  async #pinned<T>(
    ask: (source: ObjectSource, ifMatch: string | undefined) => Promise<T>,
    offset: number,
    pin: Pin | undefined,
  ): Promise<T> {
    if (pin === undefined) return ask(this.source, undefined);
    const versionId = this.source.versionId ?? pin.versionId;
    try {
      return await ask({ ...this.source, versionId }, pin.etag || undefined);
    } catch (error) {
      const code = codeOf(error);
      if (code === "AccessDenied" && versionId !== this.source.versionId) {
        // Who may read an object need not be allowed to ask for a version of it.
        pin.versionId = undefined;
        return this.#pinned(ask, offset, pin);
      }
      if (code === "PreconditionFailed") throw new ObjectChangedError(pin.etag, offset, error);
      if (GONE.includes(code)) throw new ObjectChangedError(pin.etag, offset, error, "deleted");
      throw error;
    }
  }

  readonly #onAbort = (): void => this.stop(this.#outer?.reason);
}

const GONE: readonly unknown[] = ["NoSuchKey", "NoSuchVersion"];
