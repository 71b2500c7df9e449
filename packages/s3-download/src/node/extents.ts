/** Bytes from `start` on, up to but not including `stop`, and what is known of them. */
export interface Extent {
  readonly start: number;
  readonly stop: number;
  /** Their checksum. */
  readonly value: string;
}

/**
 * Which bytes are there. Neighbours become one, so there are never more extents than ranges that were under way at a time,
 * and one.
 */
export class Extents {
  readonly #list: Extent[] = [];
  readonly #join: (before: Extent, after: Extent) => string;

  /** `join` makes one checksum of two. */
  constructor(join: (before: Extent, after: Extent) => string = () => "") {
    this.#join = join;
  }

  get list(): readonly Extent[] {
    return this.#list;
  }

  get bytes(): number {
    return this.#list.reduce((sum, { start, stop }) => sum + stop - start, 0);
  }

  /** Adds what was not there before. */
  add(start: number, stop: number, value = ""): void {
    const found = this.#list.findIndex((extent) => extent.start > start);
    const at = found === -1 ? this.#list.length : found;
    this.#list.splice(at, 0, { start, stop, value });
    this.#merge(at);
    this.#merge(at - 1);
  }

  /** What is not there of so many bytes, the last ones included. */
  missing(size: number): { start: number; end: number }[] {
    const stops = [0, ...this.#list.map(({ stop }) => stop)];
    const starts = [...this.#list.map(({ start }) => start), size];
    return stops
      .map((stop, i) => ({ start: stop, end: starts[i]! - 1 }))
      .filter(({ start, end }) => start <= end);
  }

  #merge(at: number): void {
    const [before, after] = [this.#list[at], this.#list[at + 1]];
    if (before === undefined || after === undefined || before.stop !== after.start) return;
    const value = this.#join(before, after);
    this.#list.splice(at, 2, { start: before.start, stop: after.stop, value });
  }
}
