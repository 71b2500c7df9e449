/** The facts of a request that waits for what its own task keeps. */
interface NestedAcquire {
  readonly weight: number;
  readonly held: number;
  readonly capacity: number;
  readonly behind?: number | undefined;
  readonly name?: string | undefined;
}

/** A task asked for more, and would have waited for what it keeps itself. `code` is `ERR_NESTED_ACQUIRE`. */
export class NestedAcquireError extends Error {
  override readonly name = "NestedAcquireError";
  readonly code = "ERR_NESTED_ACQUIRE";
  readonly weight: number;
  /** What the task keeps already, of the same semaphore. */
  readonly held: number;
  readonly capacity: number;
  /** The weight of the request ahead in line that does not fit beside what is held, if it is not the own one. */
  readonly behind: number | undefined;
  constructor({ weight, held, capacity, behind, name }: NestedAcquire) {
    const asked = `asked for ${weight}${behind === undefined ? "" : `, behind somebody who waits for ${behind},`}`;
    super(
      `${name === undefined ? "" : `${name}: `}${asked} while the same task keeps ${held} of ${capacity}, so it ` +
        "would wait for itself: take the whole weight at once, split the permit, or release it before",
    );
    this.weight = weight;
    this.held = held;
    this.capacity = capacity;
    this.behind = behind;
  }
}
