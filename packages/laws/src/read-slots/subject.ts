/** What is read: a Node stream and a web stream are async iterables as well. */
export type SourceLike<T> = Iterable<T> | AsyncIterable<T>;

/** What the laws S need of an implementation. */
export interface ReadSlotsLike {
  forEach<T>(
    source: SourceLike<T>,
    task: (item: T, signal: AbortSignal) => unknown,
    options?: { signal?: AbortSignal },
  ): Promise<void>;
  /** Results in the order of the source, or as they come. */
  map<T, R>(
    source: SourceLike<T>,
    task: (item: T, signal: AbortSignal) => Promise<R>,
    options?: { signal?: AbortSignal; ordered?: boolean },
  ): AsyncIterable<R>;
}

/** Makes a fresh one with that many slots. */
export type MakeReadSlots = (slots: number) => ReadSlotsLike;

/** The ways to work on a source. */
export type Method = "forEach" | "map" | "map unordered";
export const METHODS: readonly Method[] = ["forEach", "map", "map unordered"];
