/** Time that passes only when nothing is left to do, and then at once: a simulation of minutes takes seconds. */
export class VirtualClock {
  /** Milliseconds. */
  now = 0;
  readonly #due: { readonly at: number; readonly wake: () => void }[] = [];

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      const at = this.now + ms;
      // Behind all that are due at the same time, so that a run is the same each time.
      let place = this.#due.length;
      while (place > 0 && this.#due[place - 1]!.at > at) place--;
      this.#due.splice(place, 0, { at, wake });
    });
  }

  /** Lets time pass until then. */
  async runTo(end: number): Promise<void> {
    for (;;) {
      // All microtasks run before the next turn of the event loop: then everybody waits for the clock.
      await new Promise(setImmediate);
      const next = this.#due[0];
      if (next === undefined || next.at > end) break;
      this.now = next.at;
      while (this.#due[0]?.at === this.now) this.#due.shift()!.wake();
    }
    this.now = end;
  }
}

/** Random numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
