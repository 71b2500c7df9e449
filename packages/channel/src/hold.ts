import type { OnUndelivered, WhenFull } from "./options.js";
import type { Lease } from "./share.js";

//  free ──store──▶ buffered ──shift, lose──▶ free
//    └───reserve─▶ reserved ──vacate───────▶ free

const FEWEST = 16;
const MOST_KEPT = 1024;
const blank = (length: number) => new Array(length).fill(undefined);

/** What takes room in a channel: items, the oldest first, and seats without an item. Of who waits it knows nothing. */
export class Hold<T> {
  /** How many items, and their weights. */
  size = 0;
  weight = 0;
  reserved = 0;
  peakWeight = 0;
  readonly #capacity: number;
  // A ring, which grows by doubling and gives its room back when it is empty. Beside each item what it weighs and its
  // part of the budget, if there are such.
  #items: (T | undefined)[] = blank(FEWEST);
  #weights: number[] | undefined;
  #leases: Lease[] | undefined;
  #first = 0;
  #mask = FEWEST - 1;

  constructor(capacity: number, weighed: boolean, leased: boolean) {
    this.#capacity = capacity;
    if (weighed) this.#weights = blank(FEWEST);
    if (leased) this.#leases = blank(FEWEST);
  }

  get free(): number {
    return this.#capacity - this.weight - this.reserved;
  }

  store(item: T, weight: number, lease: Lease | undefined): void {
    if (this.size > this.#mask) this.#move(this.size * 2);
    const at = (this.#first + this.size++) & this.#mask;
    this.#items[at] = item;
    if (this.#weights !== undefined) this.#weights[at] = weight;
    if (this.#leases !== undefined) this.#leases[at] = lease!;
    this.weight += weight;
    if (this.weight > this.peakWeight) this.peakWeight = this.weight;
  }

  /** Takes the oldest item out. There must be one. */
  shift(): T {
    const at = this.#first;
    this.#first = (at + 1) & this.#mask;
    return this.#remove(at);
  }

  /** Takes as many items out as it takes to lose the weight; undefined if there is not so much. */
  lose(weight: number, whenFull: WhenFull): T[] | undefined {
    const left = this.weight - weight;
    if (left < 0 || whenFull === "drop-incoming") return undefined;
    const lost: T[] = [];
    while (this.weight > left) {
      lost.push(
        whenFull === "drop-newest" ? this.#remove((this.#first + this.size - 1) & this.#mask) : this.shift(),
      );
    }
    return lost;
  }

  #remove(at: number): T {
    const item = this.#items[at] as T;
    this.#items[at] = undefined;
    this.weight -= this.#weights === undefined ? 1 : this.#weights[at]!;
    const lease = this.#leases?.[at];
    if (--this.size === 0 && this.#mask >= MOST_KEPT) this.#move(FEWEST);
    if (lease !== undefined) giveBack(lease);
    return item;
  }

  #move(length: number): void {
    const moved = <V>(from: V[]): V[] => {
      const to: V[] = blank(length);
      for (let n = 0; n < this.size; n++) to[n] = from[(this.#first + n) & this.#mask]!;
      return to;
    };
    this.#items = moved(this.#items);
    this.#weights = this.#weights && moved(this.#weights);
    this.#leases = this.#leases && moved(this.#leases);
    this.#first = 0;
    this.#mask = length - 1;
  }
}

// A function of its own: a closure in `#remove` would cost every item something.
const giveBack = (lease: Lease): void => loudly(() => lease.release());

/** Hands an item to the hook. */
export function report<T>(
  hook: OnUndelivered<T> | undefined,
  item: T,
  why: Parameters<OnUndelivered<T>>[1],
): void {
  if (hook) loudly(() => hook(item, why));
}

/** Code of others that throws has a bug, which surfaces where bugs do: the item in hand must still get to its receiver. */
function loudly(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
