//  free ──put──▶ taken ──clear──▶ hole ──nobody before it, or nobody behind it──▶ free

/** Settles the wait of one party. To reject, give it a rejected promise. */
export type Settle<Value> = (value: Value | PromiseLike<Value>) => void;

/** What must be undone when a party leaves. Only those have one who may leave early: most wait without signal and timeout. */
export interface Ticket {
  /** @internal The number of the place; it changes when holes are closed. */ at: number;
  /** @internal */ readonly since: number;
  /** @internal */ readonly signal: AbortSignal | undefined;
  /** @internal */ readonly timeout: number | undefined;
  /** @internal */ readonly onTaken: (() => void) | undefined;
}

const FEWEST = 16;
const MOST_KEPT = 1024;
const blank = (length: number) => new Array(length).fill(undefined);

/**
 * The places of a line: a ring, with no object for each party, so that a million of them are cheap. Whoever leaves
 * from the middle leaves a hole; holes never take up more than half of it before it grows.
 */
export class Places<Value, Load> {
  size = 0;
  weight = 0;
  settles: (Settle<Value> | undefined)[] = blank(FEWEST);
  weights: number[] = blank(FEWEST);
  // Made when somebody needs them.
  loads: (Load | undefined)[] | undefined;
  tickets: (Ticket | undefined)[] | undefined;
  /** Where the head is: that, and what comes behind it up to `end`, is at n & mask. */
  first = 0;
  end = 0;
  mask = FEWEST - 1;

  put(settle: Settle<Value>, weight: number, load: Load, ticket: Ticket | undefined): void {
    if (this.end - this.first > this.mask)
      this.#move(this.size * 2 > this.mask ? this.mask * 2 + 2 : this.mask + 1);
    const at = this.end & this.mask;
    this.settles[at] = settle;
    this.weights[at] = weight;
    this.size++;
    this.weight += weight;
    if (load !== undefined) {
      this.loads ??= blank(this.mask + 1);
      this.loads[at] = load;
    }
    if (ticket !== undefined) {
      this.tickets ??= blank(this.mask + 1);
      this.tickets[at] = ticket;
      ticket.at = this.end;
    }
    this.end++;
  }

  /** Makes a hole, to be closed by `closeRanks`. */
  clear(at: number): Ticket | undefined {
    this.settles[at] = undefined;
    this.size--;
    this.weight -= this.weights[at]!;
    if (this.loads !== undefined) this.loads[at] = undefined;
    if (this.tickets === undefined) return undefined;
    const ticket = this.tickets[at];
    this.tickets[at] = undefined;
    return ticket;
  }

  /** Lets the line begin and end with somebody. */
  closeRanks(): void {
    if (this.size === 0) {
      this.first = this.end = 0;
      if (this.mask >= MOST_KEPT) this.#move(FEWEST);
      return;
    }
    while (this.settles[this.first & this.mask] === undefined) this.first++;
    while (this.settles[(this.end - 1) & this.mask] === undefined) this.end--;
  }

  /** Moves everybody into a ring of this length, without holes. */
  #move(length: number): void {
    const { settles, weights, loads, tickets, first, end, mask } = this;
    this.settles = blank(length);
    this.weights = blank(length);
    this.loads = loads && blank(length);
    this.tickets = tickets && blank(length);
    this.mask = length - 1;
    this.first = this.end = 0;
    for (let n = first; n < end; n++) {
      const at = n & mask;
      const settle = settles[at];
      if (settle === undefined) continue;
      const ticket = tickets?.[at];
      if (ticket) ticket.at = this.end;
      this.settles[this.end] = settle;
      this.weights[this.end] = weights[at]!;
      if (loads) this.loads![this.end] = loads[at];
      if (tickets) this.tickets![this.end] = ticket;
      this.end++;
    }
  }
}
