/**
 * One abort listener for each signal, however many wait on it: runtimes keep listeners in a linear list, so
 * one for each waiter would make 50,000 waits on a shutdown signal quadratic (and Node would warn of a leak).
 */
export class SharedSignals<Party extends { signal: AbortSignal | undefined }> {
  readonly #parties = new Map<AbortSignal, Set<Party>>();
  readonly #onAbort: (parties: ReadonlySet<Party>, reason: unknown) => void;

  constructor(onAbort: (parties: ReadonlySet<Party>, reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  /** Calls `onAbort` with all parties of a signal when it aborts, but for those that were removed before. */
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
    // Not `currentTarget`: on Node it is null for every listener of an abort but the first.
    const signal = event.target as AbortSignal;
    const parties = this.#parties.get(signal)!;
    this.#forget(signal);
    // All at once: whoever is served because one of them leaves must not be another of them.
    this.#onAbort(parties, signal.reason);
  }

  #forget(signal: AbortSignal): void {
    this.#parties.delete(signal);
    signal.removeEventListener("abort", this);
  }
}
