import type { Checksum, ObjectInfo } from "@sluice/object-store";
import { IntegrityError } from "./errors.js";

//   ──────┬────┬────┬────┬────┬──────┬──────
//   taken │ asked for, in order │    │ last      the last part is never asked for: it is what is left
//   ──────┴────┴────┴────┴────┴──────┴──────
//           AHEAD at the most

/** How many parts are asked for, or known and not yet taken. */
const AHEAD = 4;

/** One part of the object: bytes `start` to before `stop`. */
export interface Part {
  readonly number: number;
  readonly start: number;
  readonly stop: number;
  /** Of its bytes, if the store told it. */
  readonly checksum: Checksum | undefined;
}

/** The parts of an object in their order, each asked for by its number, a few of them ahead. */
export class PartLine {
  readonly #size: number;
  readonly #count: number;
  readonly #ask: (partNumber: number) => Promise<ObjectInfo>;
  readonly #asked: Promise<ObjectInfo>[] = [];
  #taken = 0;
  #start = 0;

  /** @param count how many parts there are; a line of one part asks for nothing. */
  constructor(size: number, count: number, ask: (partNumber: number) => Promise<ObjectInfo>) {
    this.#size = size;
    this.#count = count;
    this.#ask = ask;
  }

  /** Parts that are not taken yet. */
  get left(): number {
    return this.#count - this.#taken;
  }

  /**
   * Finds out whether the store tells its parts, by the first of them.
   *
   * - **Order:** before any `take`.
   * - **Abort:** as the requests.
   * - **Errors:** those of the requests; `ERR_INTEGRITY` if it does not.
   */
  async look(): Promise<void> {
    if (this.#count === 1) return;
    this.#fill(1);
    this.#partOf(await this.#asked[0]!, 1);
  }

  /**
   * The next part. Not to be called when none is left.
   *
   * - **Order:** the object's.
   * - **Abort:** as the requests.
   * - **Errors:** those of the requests; `ERR_INTEGRITY` if the parts are not those of such an object.
   */
  async take(): Promise<Part> {
    this.#fill(AHEAD);
    const asked = this.#asked.shift();
    const number = ++this.#taken;
    if (asked === undefined) return { number, start: this.#start, stop: this.#size, checksum: undefined };
    const part = this.#partOf(await asked, number);
    this.#start = part.stop;
    return part;
  }

  #partOf({ part, partsCount }: ObjectInfo, number: number): Part {
    const start = this.#start;
    const stop = (part?.range.end ?? 0) + 1;
    // An object that was put in one piece says the same of its part 1.
    const onlyOne = partsCount === undefined && number === 1 && stop === this.#size;
    if (part === undefined || onlyOne) {
      throw new IntegrityError(
        `the checksum is of ${this.#count} parts' checksums, and the store does not say where part ${number} ends`,
      );
    }
    if (part.range.start !== start || stop < start || stop > this.#size) {
      const { range } = part;
      throw new IntegrityError(
        `part ${number} begins at byte ${start} of ${this.#size}, but the store says ${range.start} to ${range.end}`,
      );
    }
    if (partsCount !== undefined && partsCount !== this.#count) {
      throw new IntegrityError(`the checksum is of ${this.#count} parts, but the object has ${partsCount}`);
    }
    return { number, start, stop, checksum: part.checksum };
  }

  #fill(ahead: number): void {
    for (;;) {
      const next = this.#taken + this.#asked.length + 1;
      if (this.#asked.length >= ahead || next >= this.#count) return;
      const asked = this.#ask(next);
      // Nobody may come for it any more.
      asked.catch(() => {});
      this.#asked.push(asked);
    }
  }
}
