import type { PermitLike } from "../semaphore/subject.js";
import { Crc32 } from "./crc32.js";
import { type Asking, Failure, Fetch, whoeverIsReady } from "./reference-fetch.js";
import type { Sin } from "./sins.js";
import type { DownloadLikeOptions, DownloadResultLike } from "./subject.js";

/** The first byte, and the last. */
export interface Bounds {
  readonly start: number;
  readonly last: number;
}

/** The ranges of one download, fetched ahead and handed on in order. */
export class Downloading {
  readonly #asking: Asking;
  readonly #abort: AbortController;
  readonly #options: DownloadLikeOptions;
  readonly #last: number;
  readonly #total: number;
  readonly #sin: Sin | undefined;
  readonly #expected: string | undefined;
  readonly #crc = new Crc32();
  /** The lowest first. */
  #window: Fetch[] = [];
  /** Those whose last chunk has been handed over, and may lie there half taken. */
  #leaving: Fetch[] = [];
  #next: number;
  #loaded = 0;
  #over = false;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #controller!: ReadableByteStreamController;

  constructor(
    asking: Asking,
    abort: AbortController,
    options: DownloadLikeOptions,
    { start, last }: Bounds,
    expected: string | undefined,
  ) {
    this.#asking = asking;
    this.#abort = abort;
    this.#options = options;
    this.#next = start;
    this.#last = last;
    this.#total = last - start + 1;
    this.#sin = asking.sin;
    this.#expected = expected;
  }

  result(): DownloadResultLike {
    const { signal } = this.#options;
    const onAbort = () =>
      this.#fail(this.#sin === "wrapsTheReason" ? new Failure("it was aborted") : signal.reason);
    if (this.#sin !== "ignoresAbort") signal.addEventListener("abort", onAbort, { once: true });
    const source = {
      type: "bytes" as const,
      start: (controller: ReadableByteStreamController) => {
        this.#controller = controller;
        if (this.#total === 0) this.#finish();
        else this.#awaitTheReader();
      },
      pull: () => this.#pull(),
      cancel: (reason: unknown) => this.#stop(reason),
    };
    const highWaterMark = this.#sin === "readsOnIntoTheStream" ? 1_000 : 0;
    return { body: new ReadableStream(source, { highWaterMark }) };
  }

  #awaitTheReader(): void {
    const { idleTimeout, sin } = this.#asking;
    if (idleTimeout === undefined || sin === "waitsForTheReader") return;
    if (sin === "hurriesTheReader" && this.#patience !== undefined) return;
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => {
      if (sin === "keepsTheUnread") this.#controller.error(new Failure("nobody reads it"));
      else this.#fail(new Failure("nobody reads it", { changed: sin === "endsForTheReader" }));
    }, idleTimeout);
  }

  async #pull(): Promise<void> {
    if (this.#sin !== "hurriesTheReader") clearTimeout(this.#patience);
    try {
      this.#letGo();
      if (this.#loaded === this.#total) return this.#finish();
      const lowest = this.#window[0] ?? (await this.#openLowest());
      if (lowest === undefined) return;
      this.#readAhead();
      const from = this.#sin === "ordersByArrival" ? await whoeverIsReady(this.#window) : lowest;
      const chunk = await from.take();
      if (!this.#over) this.#deliver(chunk, from);
    } catch (error) {
      this.#fail(error);
    }
  }

  #deliver(chunk: Uint8Array, from: Fetch): void {
    this.#loaded += chunk.length;
    this.#crc.update(chunk);
    this.#awaitTheReader();
    const last = this.#loaded >= this.#total;
    const first = this.#loaded === chunk.length;
    const late = this.#sin === "handsOnTheLast";
    const look = this.#sin === "checksTheFirstChunk" ? first : last;
    if (look && !late) this.#compare();
    this.#controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
    if (look && late) this.#compare();
    if (this.#sin === "freesAtTheFirstChunk") from.permit?.release();
    if (from.untaken === 0) {
      this.#window = this.#window.filter((other) => other !== from);
      this.#leaving.push(from);
    }
    const taken = this.#controller.desiredSize === 0 || this.#sin === "freesWhenHandedOver";
    if (taken) this.#letGo();
    if (last && (taken || this.#sin === "readsOnIntoTheStream")) this.#finish();
  }

  #compare(): void {
    if (this.#expected === undefined || this.#sin === "skipsTheCheck") return;
    if (this.#sin === "checksOneRange" && this.#total > this.#options.rangeSize) return;
    if (this.#crc.value !== this.#expected) throw new Failure("the checksum differs");
  }

  #letGo(): void {
    for (const fetch of this.#leaving.splice(0)) this.#release(fetch);
  }

  #release({ permit }: Fetch): void {
    permit?.release();
    if (this.#sin === "releasesTwice") permit?.release();
  }

  async #openLowest(): Promise<Fetch | undefined> {
    const { budget } = this.#options;
    const signal = this.#sin === "staysInLine" ? undefined : this.#abort.signal;
    if (this.#sin === "ignoresTheBudget") return this.#open(undefined);
    if (this.#sin === "paysAfterwards") {
      const fetch = this.#open(undefined);
      fetch.permit = await budget.acquire(fetch.length, { signal });
      return fetch;
    }
    const permit = await budget.acquire(this.#nextLength(), { signal });
    if (!this.#over) return this.#open(permit);
    if (this.#sin !== "staysInLine") permit.release();
    return undefined;
  }

  #readAhead(): void {
    const { window, budget } = this.#options;
    const counted = () => {
      if (this.#sin === "ignoresTheSlow") return this.#window.filter((fetch) => !fetch.silent).length;
      if (this.#sin === "countsOpenRanges") return this.#window.filter(({ missing }) => missing > 0).length;
      return this.#window.length - (this.#sin === "opensOneTooMany" ? 1 : 0);
    };
    while (counted() < window && this.#next <= this.#last && this.#window.length < 8) {
      const free = this.#sin === "ignoresTheBudget";
      const permit = free ? undefined : budget.tryAcquire(this.#nextLength());
      if (permit === undefined && !free) return;
      this.#open(permit);
    }
  }

  #nextLength(): number {
    return Math.min(this.#options.rangeSize, this.#last - this.#next + 1);
  }

  #open(permit: PermitLike | undefined): Fetch {
    const start = this.#next;
    const end = start + this.#nextLength() - 1;
    const fetch = new Fetch(this.#asking, start, end);
    fetch.permit = permit;
    this.#next = end + (this.#sin === "overlapsByOne" && end > start ? 0 : 1);
    this.#window.push(fetch);
    fetch.run().then(
      () => this.#sin === "freesOnArrival" && permit?.release(),
      (error) => {
        if (this.#sin === "keepsThePermitOfTheFailed") fetch.permit = undefined;
        this.#fail(error);
      },
    );
    return fetch;
  }

  #finish(): void {
    const behind = this.#sin === "asksBehindTheEnd" && this.#total > 0;
    if (behind && this.#total % this.#options.rangeSize === 0) throw new Failure("InvalidRange");
    this.#over = true;
    clearTimeout(this.#patience);
    this.#letGo();
    // How a request ends whose bytes are all there is of no interest.
    this.#abort.abort("nothing is missing");
    this.#controller.close();
    if (this.#sin !== "forgetsWaitingBuffers") this.#controller.byobRequest?.respond(0);
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    const changed = error instanceof Failure && error.changed;
    this.#stop(error, this.#sin === "leavesTheOthers");
    if (changed && this.#sin?.startsWith("ends")) this.#finish();
    else this.#controller.error(error);
  }

  #stop(reason: unknown, leaves = this.#sin === "leavesRangesOpen"): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#patience);
    if (!leaves) this.#abort.abort(reason);
    for (const fetch of [...this.#leaving, ...this.#window]) {
      if (this.#sin !== "keepsPermits") this.#release(fetch);
    }
    if (this.#sin === "asksOn" && this.#next <= this.#last) {
      const range = { start: this.#next, end: this.#last };
      this.#asking.store.get(this.#asking.source, { range }).catch(() => {});
    }
  }
}
