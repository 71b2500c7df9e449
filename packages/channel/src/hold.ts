import type { OnUndelivered, WhenFull } from "./options.js";
import { Ring } from "./ring.js";
import type { Lease } from "./share.js";

//  free ──store──▶ buffered ──shift, lose──▶ free
//    └───reserve─▶ reserved ──vacate───────▶ free

/** What takes room in a channel: items, and seats without an item. Of who waits it knows nothing. */
export class Hold<T> {
  readonly #capacity: number;
  readonly #counts: { sent: number };
  readonly #buffer = new Ring<T>();
  /** Beside each item its part of the budget, if there is one. */
  readonly #leases: Ring<Lease> | undefined;
  reserved = 0;
  peakWeight = 0;

  constructor(capacity: number, shares: boolean, counts: { sent: number }) {
    this.#counts = counts;
    this.#capacity = capacity;
    this.#leases = shares ? new Ring() : undefined;
  }

  get size(): number {
    return this.#buffer.size;
  }

  get weight(): number {
    return this.#buffer.weight;
  }

  get free(): number {
    return this.#capacity - this.#buffer.weight - this.reserved;
  }

  store(item: T, weight: number, lease: Lease): void {
    this.#counts.sent++;
    this.#buffer.push(item, weight);
    this.#leases?.push(lease, 1);
    if (this.#buffer.weight > this.peakWeight) this.peakWeight = this.#buffer.weight;
  }

  shift(): T {
    this.#leases?.shift().release();
    return this.#buffer.shift();
  }

  snapshot() {
    const { size, weight } = this.#buffer;
    const capacity = this.#capacity;
    const { peakWeight } = this;
    return { capacity, size, weight, peakWeight, fullness: capacity === 0 ? 0 : weight / capacity };
  }

  /** Takes as many items out as it takes to lose the weight; undefined if there is not so much. */
  lose(weight: number, whenFull: WhenFull): T[] | undefined {
    const left = this.#buffer.weight - weight;
    if (left < 0 || whenFull === "drop-incoming") return undefined;
    const lost: T[] = [];
    while (this.#buffer.weight > left)
      lost.push(whenFull === "drop-newest" ? this.#buffer.pop() : this.shift());
    return lost;
  }
}

/** Hands an item to the hook. A hook that throws is a bug, and surfaces where bugs do: others are waiting. */
export function report<T>(
  hook: OnUndelivered<T> | undefined,
  item: T,
  why: Parameters<OnUndelivered<T>>[1],
): void {
  try {
    hook?.(item, why);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
