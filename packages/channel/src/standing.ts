import type { Settle, WaitOptions } from "@sluice/semaphore";
import { type Alternative, type Outcome, outcomeOf } from "./alternative.js";

//  standing ──a place is served───────▶ over   resolves with that one's outcome
//     ├───────abort, expire───────────▶ over   rejects
//     └───────a line takes nobody else▶ over   rejects
//
// Each of these gives up all other places in the same step, so at most one of them happens, and none of them twice.

/** Somebody who stands in several lines at once, of whom one at most is served. */
export class Standing {
  readonly #places = new Map<Alternative, () => void>();
  #over = false;

  wait(alternatives: readonly Alternative[], options: WaitOptions): Promise<Outcome> {
    return new Promise((settle) => {
      try {
        // Leaving the first place is leaving all, so that one alone listens, together with whoever else waits there.
        let how: WaitOptions | undefined = options;
        for (const one of alternatives) {
          if (this.#over) return;
          this.#stand(one, settle, how);
          how = undefined;
        }
      } catch (refusal) {
        this.#end();
        throw refusal;
      }
    });
  }

  #stand(one: Alternative, wake: Settle<Outcome>, options: WaitOptions | undefined): void {
    const { key, core, sends } = one;
    // A budget is code of others, which may have sent, closed or aborted since this was tried.
    if (one.isDue) {
      this.#end();
      wake(one.now() as Promise<Outcome>);
      return;
    }
    let taken = false;
    const leave = core.stand(
      sends,
      (answer) => {
        const step = answer as IteratorResult<unknown> | Promise<IteratorResult<unknown>> | undefined;
        wake(step instanceof Promise ? step.then((last) => outcomeOf(key, last)) : outcomeOf(key, step));
      },
      () => {
        taken = true;
        this.#places.delete(one);
        this.#end();
      },
      options,
    );
    if (taken) return;
    this.#places.set(one, leave);
    if (this.#over) this.#end();
  }

  /** Gives up all places. From now on nothing else happens. */
  #end(): void {
    this.#over = true;
    const left = [...this.#places];
    this.#places.clear();
    for (const [, leave] of left) leave();
    // Whoever stood behind may fit now. Not in this step: an item may be in hand between two channels, and a budget, which
    // is code of others, may call right back.
    queueMicrotask(() => {
      for (const [{ core }] of left) core.admit();
    });
  }
}
