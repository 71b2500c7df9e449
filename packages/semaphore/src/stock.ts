/** Whom a permit gives its weight back to. */
export interface Lender {
  takeBack(weight: number): void;
  /** Who lends a part of the permit, if that is somebody else. */
  part?(weight: number): Lender;
}

/** What a semaphore has to lend. Permits know this much of it, and no more. */
export class Stock implements Lender {
  capacity: number;
  /** Below 0 when the capacity fell below what is held. */
  free: number;
  granted = 0;
  /** Whether it takes a closer look to lend or to take back: somebody waits for one of them, or it is closed. */
  busy = false;
  #leastFree: number;
  #peakHeld = 0;
  readonly #onBack: () => void;

  constructor(capacity: number, onBack: () => void) {
    this.capacity = this.free = this.#leastFree = capacity;
    this.#onBack = onBack;
  }

  get peakHeld(): number {
    return Math.max(this.#peakHeld, this.capacity - this.#leastFree);
  }

  take(weight: number): void {
    this.free -= weight;
    if (this.free < this.#leastFree) this.#leastFree = this.free;
    this.granted++;
  }

  takeBack(weight: number): void {
    this.free += weight;
    if (this.busy) this.#onBack();
  }

  resize(capacity: number): void {
    this.#peakHeld = this.peakHeld;
    this.free += capacity - this.capacity;
    this.capacity = capacity;
    this.#leastFree = this.free;
  }
}
