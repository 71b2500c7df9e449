/** What the laws S need of an implementation. */
export interface ReadSlotsLike {
  forEach<T>(
    source: AsyncIterable<T>,
    task: (item: T, signal: AbortSignal) => unknown,
    options?: { signal?: AbortSignal },
  ): Promise<void>;
  /** Results in the order of the source. */
  map<T, R>(
    source: AsyncIterable<T>,
    task: (item: T, signal: AbortSignal) => Promise<R>,
    options?: { signal?: AbortSignal },
  ): AsyncIterable<R>;
}

/** Makes a fresh one with that many slots. */
export type MakeReadSlots = (slots: number) => ReadSlotsLike;
