export type Task = (item: number) => Promise<number>;

/** The items, for those who read an `AsyncIterable`, and for those who have to be given all of them at once. */
export interface Items {
  readonly source: AsyncIterable<number>;
  readonly array: readonly number[];
}

/** Runs the task on each item, so many at a time. */
export type ForEach = (items: Items, slots: number, task: Task) => Promise<unknown>;

/** The results, as they can be given out. */
export type Mapping = (
  items: Items,
  slots: number,
  task: Task,
) => AsyncIterable<number> | Promise<readonly number[]>;

/** What the tables ask of who bounds work; what a subject leaves out it does not have, or has no other way to do. */
export interface Subject {
  readonly forEach?: ForEach;
  /** In the order of the items. */
  readonly ordered?: Mapping;
  /** Each as soon as it is there. */
  readonly unordered?: Mapping;
}
