import type { GetResult, ObjectSource, ObjectStore } from "@sluice/object-store";
import type { PermitLike } from "../semaphore/subject.js";
import type { Sin } from "./sins.js";

/** What every request of one download has in common. */
export interface Asking {
  readonly store: ObjectStore;
  readonly source: ObjectSource;
  readonly signal: AbortSignal;
  readonly attempts: number;
  readonly idleTimeout: number | undefined;
  readonly size: number;
  etag: string;
  readonly sin: Sin | undefined;
}

/** A failure, and whether another try may help. */
export class Failure extends Error {
  readonly retryable: boolean;
  readonly changed: boolean;
  constructor(message: string, { retryable = false, changed = false } = {}) {
    super(message);
    this.retryable = retryable;
    this.changed = changed;
  }
}

/** One range, fetched into memory as it comes. */
export class Fetch {
  readonly length: number;
  permit: PermitLike | undefined;
  readonly #asking: Asking;
  readonly #chunks: Uint8Array[] = [];
  readonly #start: number;
  #end: number;
  /** The first missing byte. */
  #at: number;
  #wake = () => {};
  #taken = 0;
  #arrived = 0;

  constructor(asking: Asking, start: number, end: number) {
    this.#asking = asking;
    this.#start = start;
    this.#at = start;
    this.#end = end;
    this.length = end - start + 1;
  }

  /** Bytes that nobody has taken yet; those that are missing are among them. */
  get untaken(): number {
    return this.#arrived - this.#taken + this.missing;
  }

  get missing(): number {
    return Math.max(0, this.#end - this.#at + 1);
  }

  get ready(): boolean {
    return this.#chunks.length > 0;
  }

  get silent(): boolean {
    return this.#arrived === 0;
  }

  /** Until the range is there whole. */
  async run(): Promise<void> {
    const { attempts, signal, sin } = this.#asking;
    for (let tries = 1; this.missing > 0; tries++) {
      const before = this.#arrived;
      try {
        await this.#once(tries);
      } catch (error) {
        const again = (error as { retryable?: unknown }).retryable === true || sin === "retriesTheHopeless";
        const most = sin === "retriesForEver" ? 10 * attempts : sin === "givesUpAtOnce" ? 1 : attempts;
        if (signal.aborted || !again || tries >= most) throw error;
        if (sin === "countsAnewAfterEachByte" && this.#arrived > before) tries = 0;
      }
    }
  }

  /** The next chunk, as soon as there is one. */
  async take(): Promise<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk) {
        this.#taken += chunk.length;
        return chunk;
      }
      await this.news();
    }
  }

  news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #once(tries: number): Promise<void> {
    const { store, source, signal, etag, sin } = this.#asking;
    const request = new AbortController();
    const stop = () => request.abort(signal.reason);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const watch = new Watch(this.#asking, request);
    try {
      const start = this.#startOf(tries);
      const blind = sin === "asksForAnyVersion" || sin === "comparesSizes" || etag === "";
      const range = { start, end: this.#end };
      const ifMatch = blind ? undefined : etag;
      const got = await watch.during(store.get(source, { range, ifMatch, signal: request.signal }), "answer");
      this.#check(got, start);
      const reader = got.body.getReader();
      let skip = sin === "asksForAllOfItAgain" ? this.#at - start : 0;
      for (;;) {
        const { done, value } = await watch.during(reader.read(), "body");
        if (done) break;
        const news = value.slice(skip);
        skip = Math.max(0, skip - value.length);
        this.#keep(news);
      }
      if (this.missing > 0 && sin !== "takesTheCutForWhole")
        throw new Failure("the body has ended too early", { retryable: true });
      if (this.missing > 0) this.#end = this.#at - 1;
    } catch (error) {
      if (!watch.stalled || sin !== "leavesTheStalled") request.abort(error);
      this.#goOnWith(error);
      throw error;
    } finally {
      watch.end();
      signal.removeEventListener("abort", stop);
      this.#wake();
    }
  }

  #startOf(tries: number): number {
    const { sin } = this.#asking;
    if (tries > 1 && sin === "resumesAtTheRelativeOffset") return this.#at - this.#start;
    if (sin === "asksForAllOfItAgain") return this.#start;
    if (sin === "startsTheRangeAnew") this.#at = this.#start;
    return this.#at;
  }

  #check({ range, etag, size }: GetResult, start: number): void {
    const { sin } = this.#asking;
    const known = sin === "comparesSizes" ? size === this.#asking.size : etag === this.#asking.etag;
    const trusts = sin === "asksForAnyVersion" || sin === "trustsIfMatch" || this.#asking.etag === "";
    if (!known && !trusts) throw new Failure("it was replaced", { changed: true });
    const same = range.start === start && range.end === Math.min(this.#end, size - 1);
    if (!same && sin !== "believesAnyRange" && sin !== "resumesAtTheRelativeOffset")
      throw new Failure(`bytes ${range.start} to ${range.end} have come`);
  }

  #keep(chunk: Uint8Array): void {
    if (chunk.length > this.missing && this.#asking.sin !== "passesOnTooMuch")
      throw new Failure("the body has too much");
    this.#chunks.push(chunk.slice());
    this.#arrived += chunk.length;
    this.#at += chunk.length;
    this.#wake();
  }

  #goOnWith(error: unknown): void {
    const { code, changed } = error as { code?: unknown; changed?: unknown };
    if (code !== "PreconditionFailed" && changed !== true) return;
    const goesOn = this.#asking.sin === "goesOnWithTheNew";
    if (goesOn) this.#asking.etag = "";
    throw new Failure("it was replaced", { changed: !goesOn, retryable: goesOn });
  }
}

/** The first of them that has a chunk. */
export async function whoeverIsReady(all: readonly Fetch[]): Promise<Fetch> {
  for (;;) {
    const ready = all.find((fetch) => fetch.ready);
    if (ready) return ready;
    await Promise.race(all.map((fetch) => fetch.news()));
  }
}

/** Gives a request up when it is silent for too long. */
class Watch {
  stalled = false;
  readonly #asking: Asking;
  readonly #request: AbortController;
  readonly #began = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(asking: Asking, request: AbortController) {
    this.#asking = asking;
    this.#request = request;
  }

  async during<T>(step: Promise<T>, what: "answer" | "body"): Promise<T> {
    const { idleTimeout, sin } = this.#asking;
    if (idleTimeout === undefined || sin === "waitsForEver") return step;
    if (what === "body" && sin === "timesOnlyTheAnswer") return step;
    const late = sin === "countsFromTheBeginning" ? performance.now() - this.#began : 0;
    const stalled = new Failure("it has stalled", { retryable: sin !== "failsWhenStalled" });
    return new Promise((resolve, reject) => {
      this.#timer = setTimeout(
        () => {
          this.stalled = true;
          reject(stalled);
          if (sin !== "leavesTheStalled") this.#request.abort(stalled);
        },
        Math.max(0, idleTimeout - late),
      );
      step.then(resolve, reject).finally(() => this.end());
    });
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
