import {
  OverloadedError,
  type Permit,
  type Semaphore,
  TooHeavyError,
  type WaitOptions,
} from "@sluice/semaphore";
import { Grant } from "./grant.js";
import { Party, type Waiter } from "./party.js";

//  asked ──nobody waits, and it fits──▶ granted ──release──▶ given back
//    ├──all lines full, its own among the longest──▶ shed
//    └──otherwise──▶ in the line of its party ──its party's turn──▶ in the budget's own line ──fits──▶ granted
//                       ├──put out for a party with a shorter line──▶ shed
//                       └──abort, time-out──▶ left
//
//  Only one stands in the budget's line for all parties, so that the order among them is decided as late as can be, and
//  the budget's own order is kept. A party is known only while it holds or waits.

export interface FairLineOptions {
  readonly budget: Semaphore;
  /** How many may wait, in all lines together. */
  readonly maxWaiting: number;
  /** The part of the budget that one party may hold at the most, from above 0 to 1. It may always hold one request. */
  readonly maxShare: number;
}

/**
 * The lines in front of a budget: each party has its own, and their turns go round. While others wait, a party that
 * holds its share or more, the capacity divided by the parties, is passed over; who holds less is served within a round.
 */
export class FairLine {
  readonly #options: FairLineOptions;
  /** Who holds or waits. */
  readonly #parties = new Map<string, Party>();
  /** Who waits, in the order of their turns. */
  readonly #turns = new Set<Party>();
  #waiting = 0;
  #sent = false;
  #movedAt = 0;
  #pace = 0;

  constructor(options: FairLineOptions) {
    this.#options = options;
  }

  /** How many wait, in all lines. */
  get waiting(): number {
    return this.#waiting;
  }

  /** How many parties hold or wait. */
  get parties(): number {
    return this.#parties.size;
  }

  /** Milliseconds for which somebody has waited and nobody was let in. */
  get stuckMs(): number {
    return this.#waiting > 0 ? performance.now() - this.#movedAt : 0;
  }

  /** Milliseconds in which those who wait may be served, going by those before them. */
  get drainMs(): number {
    return (this.#waiting + 1) * Math.max(this.#pace, this.stuckMs);
  }

  /** A grant for nobody in particular, if nobody waits and it fits. */
  tryEnter(weight: number): Grant | undefined {
    if (this.#turns.size > 0 || this.#sent || weight > this.#options.budget.capacity) return undefined;
    const permit = this.#options.budget.tryAcquire(weight);
    return permit && this.#grant(permit, undefined);
  }

  /** Says whose a grant is. */
  charge(grant: Grant, name: string): void {
    const party = this.#party(name);
    grant.charge(party);
    this.#forget(party);
  }

  /**
   * Waits until the weight fits and it is the party's turn.
   *
   * - **Order:** first come, first served within a party; parties take turns.
   * - **Abort:** rejects with `signal.reason`; nothing was taken; the place in line is gone.
   * - **Errors:** those of the budget, and `ERR_OVERLOADED` if too many wait.
   */
  enter(weight: number, name: string, options: WaitOptions = {}): Promise<Grant> {
    const { budget, maxWaiting } = this.#options;
    if (weight > budget.capacity) return Promise.reject(new TooHeavyError(weight, budget.capacity));
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    const party = this.#party(name);
    try {
      if (this.#turns.size === 0 && !this.#sent && this.#mayHold(party, weight)) {
        const permit = budget.tryAcquire(weight);
        if (permit !== undefined) return Promise.resolve(this.#grant(permit, party));
      }
      if (this.#waiting >= maxWaiting && !this.#putOutFor(party)) throw new OverloadedError(this.#waiting);
    } catch (refusal) {
      this.#forget(party);
      return Promise.reject(refusal);
    }
    if (this.#waiting === 0) this.#movedAt = performance.now();
    const granted = new Promise<Grant>((settle) => {
      this.#waiting++;
      party.stand(weight, settle, options, () => this.#waiting--);
    });
    this.#turns.add(party);
    this.#serve();
    return granted;
  }

  #party(name: string): Party {
    let party = this.#parties.get(name);
    if (party === undefined) {
      party = new Party(name, (own) => {
        this.#forget(own);
        // Whoever stands behind may be let in where that one was not.
        this.#serve();
      });
      this.#parties.set(name, party);
    }
    return party;
  }

  /** Serves whoever fits now; the first who does not goes to wait at the budget. */
  #serve(): void {
    const { budget } = this.#options;
    while (!this.#sent) {
      const party = this.#next();
      if (party === undefined) return;
      const waiter = party.shift();
      // Its next turn is after everybody else's.
      this.#turns.delete(party);
      if (party.waiting > 0) this.#turns.add(party);
      try {
        const permit = budget.tryAcquire(waiter.weight);
        if (permit === undefined) this.#send(party, waiter);
        else {
          waiter.settle(this.#grant(permit, party));
          this.#moved();
        }
      } catch (refusal) {
        waiter.settle(Promise.reject(refusal));
        this.#forget(party);
      }
    }
  }

  #send(party: Party, waiter: Waiter): void {
    const { weight, settle, signal, deadline } = waiter;
    const timeout = deadline === undefined ? undefined : Math.max(0, deadline - performance.now());
    this.#sent = true;
    this.#waiting++;
    party.sent = true;
    const back = (): void => {
      this.#sent = false;
      this.#waiting--;
      party.sent = false;
    };
    this.#options.budget.acquire(weight, { signal, timeout }).then(
      (permit) => {
        back();
        settle(this.#grant(permit, party));
        this.#moved();
        this.#serve();
      },
      (refusal) => {
        back();
        settle(Promise.reject(refusal));
        this.#forget(party);
        this.#serve();
      },
    );
  }

  /** Whose turn it is: of those who wait, the first who holds less than its share, or the first of all. */
  #next(): Party | undefined {
    const share = this.#options.budget.capacity / this.#parties.size;
    let first: Party | undefined;
    for (const party of this.#turns) {
      if (!this.#mayHold(party, party.headWeight)) continue;
      if (party.held < share) return party;
      first ??= party;
    }
    return first;
  }

  #mayHold({ held }: Party, weight: number): boolean {
    const { budget, maxShare } = this.#options;
    return held === 0 || held + weight <= maxShare * budget.capacity;
  }

  /** Takes the last out of the longest line, if that is longer than the party's would be. */
  #putOutFor(newcomer: Party): boolean {
    let longest = newcomer;
    for (const party of this.#turns) if (party.waiting > longest.waiting) longest = party;
    if (longest.waiting <= newcomer.waiting + 1) return false;
    longest.putOutLast(new OverloadedError(this.#waiting));
    return true;
  }

  #grant(permit: Permit, party: Party | undefined): Grant {
    return new Grant(permit, party, (account) => {
      if (account instanceof Party) this.#forget(account);
      this.#serve();
    });
  }

  #forget(party: Party): void {
    if (party.waiting === 0) this.#turns.delete(party);
    if (party.waiting === 0 && party.held === 0 && !party.sent) this.#parties.delete(party.name);
  }

  #moved(): void {
    const now = performance.now();
    this.#pace += (now - this.#movedAt - this.#pace) / 8;
    this.#movedAt = now;
  }
}
