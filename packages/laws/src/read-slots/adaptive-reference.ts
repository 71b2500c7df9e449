import type { AdaptiveLike, Bounds, MakeAdaptive } from "./adaptive-subject.js";

/** What a small wrong implementation does wrong. */
export interface AdaptiveSins {
  cutsBelowTheFloor?: boolean;
  growsAboveTheCeiling?: boolean;
  letsInAsBefore?: boolean;
  letsInOneMore?: boolean;
  cutsForEach?: boolean;
  cutsForAnyFailure?: boolean;
  neverCuts?: boolean;
  neverGrows?: boolean;
  growsForEach?: boolean;
  growsUnused?: boolean;
  countsWhatBeganBefore?: boolean;
}

export const SAID_OF_ADAPTIVE: Readonly<Record<keyof AdaptiveSins, string>> = {
  cutsBelowTheFloor: "cuts the limit below its floor",
  growsAboveTheCeiling: "raises the limit above its ceiling",
  letsInAsBefore: "lets somebody in for each who leaves, also after a cut",
  letsInOneMore: "lets in one more than the limit",
  cutsForEach: "cuts the limit for each slow down of a burst",
  cutsForAnyFailure: "takes every failure for a slow down",
  neverCuts: "hears no slow down",
  neverGrows: "never raises the limit again",
  growsForEach: "raises the limit for each work that ends well",
  growsUnused: "raises a limit that nobody uses",
  countsWhatBeganBefore: "raises the limit by works from before the cut",
};

/** An adaptive limit in its most obvious form; with a sin, in one of its wrong ones. */
export const sinfulAdaptive =
  (sins: AdaptiveSins): MakeAdaptive =>
  (bounds) =>
    new Reference(bounds, sins);

export const referenceAdaptive: MakeAdaptive = sinfulAdaptive({});

class Reference implements AdaptiveLike {
  capacity: number;
  readonly #bounds: Bounds;
  readonly #sins: AdaptiveSins;
  readonly #line: (() => void)[] = [];
  #inProgress = 0;
  #window = 0;
  #endedWell = 0;
  #wasFull = false;

  constructor(bounds: Bounds, sins: AdaptiveSins) {
    this.capacity = bounds.start;
    this.#bounds = bounds;
    this.#sins = sins;
  }

  async use<R>(_: 1, work: () => Promise<R>): Promise<R> {
    const most = this.capacity + (this.#sins.letsInOneMore ? 1 : 0);
    if (this.#inProgress >= most) await new Promise<void>((resolve) => this.#line.push(resolve));
    else this.#inProgress++;
    const window = this.#window;
    this.#look();
    try {
      const result = await work();
      this.#count(window);
      return result;
    } catch (failure) {
      if (Object(failure).slowDown === true || this.#sins.cutsForAnyFailure) this.#cut(window);
      throw failure;
    } finally {
      this.#inProgress--;
      this.#letIn();
    }
  }

  #look(): void {
    if (this.#inProgress >= this.capacity) this.#wasFull = true;
  }

  #count(window: number): void {
    const { neverGrows, growsAboveTheCeiling, growsForEach, growsUnused, countsWhatBeganBefore } = this.#sins;
    if (window !== this.#window && !countsWhatBeganBefore) return;
    this.#look();
    this.#endedWell++;
    if (!this.#wasFull && !growsUnused) return;
    if (this.#endedWell < this.capacity && !growsForEach) return;
    if (neverGrows || (this.capacity >= this.#bounds.max && !growsAboveTheCeiling)) return;
    this.#move(this.capacity + 1);
  }

  #cut(window: number): void {
    const { neverCuts, cutsForEach, cutsBelowTheFloor } = this.#sins;
    if (neverCuts || (window !== this.#window && !cutsForEach)) return;
    this.#endedWell = 0;
    const least = cutsBelowTheFloor ? 0 : this.#bounds.min;
    if (this.capacity <= least) return;
    this.#window++;
    this.#move(Math.max(least, Math.floor(this.capacity / 2)));
  }

  #move(to: number): void {
    this.capacity = to;
    this.#endedWell = 0;
    this.#wasFull = false;
  }

  #letIn(): void {
    let spare = this.#sins.letsInAsBefore ? 1 : this.capacity - this.#inProgress;
    for (; spare > 0 && this.#line.length > 0; spare--) {
      this.#inProgress++;
      this.#line.shift()?.();
    }
  }
}
