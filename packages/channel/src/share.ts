import type { WaitOptions } from "@sluice/semaphore";

//  none ──head does not get its part at once──▶ asked ──granted──▶ granted ──taken──▶ none
//    ▲                                            └──refused──▶ none
//    └──────────────another head, or none─────────┴────────────────┘   what was granted goes back

/** A part of a budget. */
export interface Lease {
  release(): void;
  /** Keeps this much, and gives back the rest. */
  shrink?(weight: number): void;
}

/** A budget that channels share, and whoever else takes part: a `Semaphore` is one. */
export interface Budget {
  readonly capacity: number;
  tryAcquire(weight: number): Lease | undefined;
  acquire(weight: number, options?: WaitOptions): Promise<Lease>;
}

/** The part of those who need none. */
export const NOTHING: Lease = { release: () => undefined };

interface Claim {
  readonly head: object;
  readonly stop: AbortController;
  lease?: Lease;
}

/** A channel's place in the line of its budget: one at a time, for the oldest of its senders. */
export class Share {
  readonly #budget: Budget;
  readonly #onGrant: () => void;
  readonly #onRefusal: (reason: unknown) => void;
  #claim: Claim | undefined;

  constructor(budget: Budget, onGrant: () => void, onRefusal: (reason: unknown) => void) {
    this.#budget = budget;
    this.#onGrant = onGrant;
    this.#onRefusal = onRefusal;
  }

  /** Whoever was asked for and is no longer the oldest gives up the place in the budget's line, or what it got. */
  keep(head: object | undefined): void {
    const claim = this.#claim;
    if (claim === undefined || claim.head === head) return;
    this.#claim = undefined;
    claim.stop.abort();
    claim.lease?.release();
  }

  /** The part of the oldest, if it has come; asks for it otherwise. */
  take(head: object, weight: number): Lease | undefined {
    if (this.#claim === undefined) return this.#now(weight) ?? this.#ask(head, weight);
    const { lease } = this.#claim;
    if (lease) this.#claim = undefined;
    return lease;
  }

  #now(weight: number): Lease | undefined {
    try {
      return this.#budget.tryAcquire(weight);
    } catch {
      return undefined; // `acquire` says the same, and then the sender hears it
    }
  }

  #ask(head: object, weight: number): undefined {
    const claim: Claim = { head, stop: new AbortController() };
    this.#claim = claim;
    // Whoever brings a budget of his own may throw where he should reject.
    new Promise<Lease>((resolve) =>
      resolve(this.#budget.acquire(weight, { signal: claim.stop.signal })),
    ).then(
      (lease) => {
        claim.lease = lease;
        if (this.#claim === claim) this.#onGrant();
        else lease.release();
      },
      (reason: unknown) => {
        if (this.#claim !== claim) return;
        this.#claim = undefined;
        this.#onRefusal(reason);
      },
    );
  }
}
