/** What was seen at a moment; of several that were merged, the highest. */
export interface Sample {
  /** Milliseconds since the start. */
  readonly at: number;
  /** Bytes of the budget in use. */
  readonly held: number;
  /** Bytes of memory of this process, as the operating system counts them. */
  readonly rss: number;
}

const EVERY = 50;
const MOST = 800;

/** Watches the memory at regular times, and keeps a bounded record of it, however long that takes. */
export class Gauge {
  readonly #held: () => number;
  readonly #start = performance.now();
  readonly #timer: NodeJS.Timeout;
  #samples: Sample[] = [];
  #stride = 1;
  #ticks = 0;
  #pending: Sample | undefined;
  #peakRss = 0;

  constructor(held: () => number) {
    this.#held = held;
    this.#look();
    this.#timer = setInterval(() => this.#look(), EVERY);
  }

  /** Bytes. The kernel's own mark counts too: a peak between two looks is a peak. */
  get peakRss(): number {
    return Math.max(this.#peakRss, process.resourceUsage().maxRSS * 1024);
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** Milliseconds since the start. */
  get elapsed(): number {
    return performance.now() - this.#start;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#look();
  }

  #look(): void {
    const seen = { at: this.elapsed, held: this.#held(), rss: process.memoryUsage.rss() };
    this.#peakRss = Math.max(this.#peakRss, seen.rss);
    this.#pending = this.#pending === undefined ? seen : higher(this.#pending, seen);
    if (++this.#ticks % this.#stride !== 0) return;
    this.#samples.push(this.#pending);
    this.#pending = undefined;
    if (this.#samples.length >= MOST) this.#thin();
  }

  #thin(): void {
    this.#samples = this.#samples.flatMap((one, i, all) =>
      i % 2 === 0 ? [higher(one, all[i + 1] ?? one)] : [],
    );
    this.#stride *= 2;
  }
}

const higher = (a: Sample, b: Sample): Sample => ({
  at: a.at,
  held: Math.max(a.held, b.held),
  rss: Math.max(a.rss, b.rss),
});
