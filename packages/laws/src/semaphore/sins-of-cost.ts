import type { Sinner } from "../law.js";
import { type Quick, QuickSemaphore } from "./quick-semaphore.js";
import type { MakeSemaphore, SemaphoreLikeOptions } from "./subject.js";

const spends = (
  sin: string,
  Wasteful: new (capacity: number, options: SemaphoreLikeOptions) => QuickSemaphore,
): Sinner<MakeSemaphore> => ({ sin, make: (capacity, options) => new Wasteful(capacity, options) });

/** Keeps its line in an array beside the nodes. */
class Arrayed extends QuickSemaphore {
  protected line: Quick[] = [];
  protected override join(waiter: Quick) {
    super.join(waiter);
    this.line.push(waiter);
  }
}

export const M9_SINNERS = [
  spends(
    "searches its line for whoever aborts, and splices it",
    class extends Arrayed {
      protected override leave(waiter: Quick) {
        super.leave(waiter);
        const place = this.line.indexOf(waiter);
        if (place >= 0) this.line.splice(place, 1);
      }
    },
  ),
  spends(
    "shifts whoever is served off an array",
    class extends Arrayed {
      protected override leave(waiter: Quick) {
        super.leave(waiter);
        if (this.line[0] === waiter) this.line.shift();
      }
    },
  ),
  spends(
    "filters its line at each release",
    class extends Arrayed {
      protected override serve() {
        super.serve();
        this.line = this.line.filter((waiter) => waiter !== this.first);
      }
    },
  ),
  spends(
    "walks to the end of the line with whoever comes",
    class extends QuickSemaphore {
      protected override join(waiter: Quick) {
        let last = this.first;
        while (last?.behind) last = last.behind;
        waiter.before = last;
        super.join(waiter);
      }
    },
  ),
  spends(
    "counts who waits whenever it is asked",
    class extends QuickSemaphore {
      override tryAcquire(weight: number) {
        let waiting = 0;
        for (let waiter = this.first; waiter; waiter = waiter.behind) waiting++;
        return waiting === 0 ? super.tryAcquire(weight) : undefined;
      }
    },
  ),
  spends(
    "puts a listener of its own on the signal for each who waits",
    class extends QuickSemaphore {
      protected override tie(signal: AbortSignal, waiter: Quick) {
        signal.addEventListener("abort", () => {
          this.leave(waiter);
          waiter.reject(signal.reason);
        });
      }
    },
  ),
  spends(
    "loops over weights",
    class extends QuickSemaphore {
      protected override move(weight: number) {
        for (let unit = Math.abs(weight); unit > 0; unit--) super.move(Math.sign(weight));
      }
    },
  ),
  spends(
    "looks at each unit of the capacity when one comes back",
    class extends QuickSemaphore {
      protected override serve() {
        let free = 0;
        for (let unit = this.held; unit < this.capacity; unit++) free++;
        if (free > 0) super.serve();
      }
    },
  ),
  spends(
    "makes a slot for each unit of the capacity",
    class extends QuickSemaphore {
      readonly slots = Array.from({ length: this.capacity }, () => true);
    },
  ),
];
