import type { Permit } from "@sluice/semaphore";

//  live ──shrink──▶ live, lighter ──release──▶ released, once

/** Who has to know what a grant gives back. */
export interface Account {
  held: number;
}

/** A permit of the budget, and whose it is. */
export class Grant {
  readonly #permit: Permit;
  readonly #onBack: (account: Account | undefined) => void;
  #account: Account | undefined;

  constructor(permit: Permit, account: Account | undefined, onBack: (account: Account | undefined) => void) {
    this.#permit = permit;
    this.#onBack = onBack;
    this.charge(account);
  }

  /** Bytes that are held. */
  get weight(): number {
    return this.#permit.released ? 0 : this.#permit.weight;
  }

  /** Says whose it is, once that is known. */
  charge(account: Account | undefined): void {
    if (account === undefined || this.#account !== undefined || this.#permit.released) return;
    this.#account = account;
    account.held += this.#permit.weight;
  }

  /** Keeps so much and gives back the rest; to keep more than there is changes nothing. */
  shrink(weight: number): void {
    const rest = this.weight - weight;
    if (rest <= 0 || weight < 1) return;
    this.#permit.shrink(weight);
    this.#back(rest);
  }

  /** Gives back all of it; calling it again does nothing. */
  release(): void {
    const rest = this.weight;
    if (rest === 0) return;
    this.#permit.release();
    this.#back(rest);
  }

  #back(weight: number): void {
    if (this.#account !== undefined) this.#account.held -= weight;
    this.#onBack(this.#account);
  }
}
