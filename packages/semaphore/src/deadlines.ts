interface Bucket<Party> {
  /** In order of arrival, which for one and the same timeout is the order of the deadlines. */
  readonly parties: Set<Party>;
  timer: ReturnType<typeof setTimeout>;
}

/** Time-outs of waits: one timer for each distinct number of milliseconds, not one for each waiter. */
export class Deadlines<Party extends { readonly since: number; timeout: number | undefined }> {
  readonly #buckets = new Map<number, Bucket<Party>>();
  readonly #onExpire: (parties: ReadonlySet<Party>, timeout: number) => void;

  constructor(onExpire: (parties: ReadonlySet<Party>, timeout: number) => void) {
    this.#onExpire = onExpire;
  }

  /** Calls `onExpire` with all parties whose timeout has passed, but for those that were removed before. */
  add(party: Party): void {
    const { timeout } = party;
    if (timeout === undefined) return;
    const bucket = this.#buckets.get(timeout);
    if (bucket !== undefined) bucket.parties.add(party);
    else this.#buckets.set(timeout, { parties: new Set([party]), timer: this.#arm(timeout, timeout) });
  }

  remove(party: Party): void {
    const { timeout } = party;
    const bucket = timeout === undefined ? undefined : this.#buckets.get(timeout);
    if (!bucket?.parties.delete(party) || bucket.parties.size > 0) return;
    clearTimeout(bucket.timer);
    this.#buckets.delete(timeout!);
  }

  #arm(timeout: number, delay: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#expire(timeout), delay);
  }

  #expire(timeout: number): void {
    const bucket = this.#buckets.get(timeout)!;
    const now = performance.now();
    const due = new Set<Party>();
    for (const party of bucket.parties) {
      // Timers count whole milliseconds and may fire a fraction early: what is left counts only from 1 up.
      const left = party.since + timeout - now;
      if (left >= 1) {
        bucket.timer = this.#arm(timeout, left);
        break;
      }
      bucket.parties.delete(party);
      due.add(party);
    }
    if (bucket.parties.size === 0) this.#buckets.delete(timeout);
    this.#onExpire(due, timeout);
  }
}
