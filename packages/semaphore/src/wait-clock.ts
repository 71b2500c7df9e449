// Not at every grant: in a line that moves, reading the clock would cost more than all the rest.
const EVERY = 64;

//  nobody waits ──begin──▶ somebody waits ──count, with nobody left──▶ nobody waits

/** For how long somebody has waited: what Linux calls "some" pressure. */
export class WaitClock {
  /** Milliseconds, as of the last `count` that looked at the clock. */
  ms = 0;
  #countedTo: number | undefined;

  begin(): void {
    this.#countedTo ??= performance.now();
  }

  /** After who could be served was: so many wait still, and so many were served in all. */
  count(waiting: number, served: number): void {
    if (this.#countedTo === undefined || (waiting > 0 && served % EVERY > 0)) return;
    const now = performance.now();
    this.ms += now - this.#countedTo;
    this.#countedTo = waiting > 0 ? now : undefined;
  }
}
