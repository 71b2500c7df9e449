/**
 * One abort listener for each signal, however many wait on it: runtimes keep listeners in a linear list, so
 * one for each waiter would make 50,000 waits on a shutdown signal quadratic (and Node would warn of a leak).
 */
export class SharedSignals<Party extends { signal: AbortSignal | undefined }> {
  readonly #parties = new Map<AbortSignal, Set<Party>>();
  readonly #onAbort: (party: Party, reason: unknown) => void;

  constructor(onAbort: (party: Party, reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  /** Calls `onAbort` for the party when its signal aborts, unless it is removed before. */
  add(party: Party): void {
    const { signal } = party;
    if (signal === undefined) return;
    let parties = this.#parties.get(signal);
    if (parties === undefined) {
      parties = new Set();
      this.#parties.set(signal, parties);
      signal.addEventListener("abort", this);
    }
    parties.add(party);
  }

  remove(party: Party): void {
    const { signal } = party;
    const parties = signal && this.#parties.get(signal);
    if (parties?.delete(party) && parties.size === 0) this.#forget(signal!);
  }

  /** @internal called by the signal */
  handleEvent(event: Event): void {
    const signal = event.currentTarget as AbortSignal;
    // Whoever `onAbort` removes, itself or another, is not visited again: a Set skips what was deleted.
    for (const party of this.#parties.get(signal) ?? []) this.#onAbort(party, signal.reason);
  }

  #forget(signal: AbortSignal): void {
    this.#parties.delete(signal);
    signal.removeEventListener("abort", this);
  }
}
