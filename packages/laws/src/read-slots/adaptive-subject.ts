/** What the laws of adaptive limits need of an implementation. */
export interface AdaptiveLike {
  /** The limit as it is now. */
  readonly capacity: number;
  /** Runs a work as soon as the limit allows. One that rejects with something whose `slowDown` is `true` asks for less. */
  use<R>(weight: 1, work: () => Promise<R>): Promise<R>;
}

export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly start: number;
}

/** Makes a fresh one with these bounds. */
export type MakeAdaptive = (bounds: Bounds) => AdaptiveLike;
