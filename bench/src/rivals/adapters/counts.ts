import type { PermitLike } from "@sluice/laws";

/** Counts what a semaphore without weights does not tell: who waits, and how many permits are out. */
export class Counts {
  waiting = 0;
  held = 0;

  /** A permit of one, for what was granted; `giveBack` is called as often as its `release()`. */
  lend(giveBack: () => void): PermitLike {
    let live = true;
    this.held++;
    return {
      weight: 1,
      release: () => {
        if (live) this.held--;
        live = false;
        giveBack();
      },
    };
  }

  /** Waits for a grant. */
  async wait<Grant>(granted: Promise<Grant>, giveBack: (grant: Grant) => void): Promise<PermitLike> {
    this.waiting++;
    try {
      const grant = await granted;
      return this.lend(() => giveBack(grant));
    } finally {
      this.waiting--;
    }
  }
}
