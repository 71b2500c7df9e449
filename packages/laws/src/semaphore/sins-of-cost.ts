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
    "searches and splices an array at each abort",
    class extends Arrayed {
      protected override leave(waiter: Quick) {
        super.leave(waiter);
        let place = 0;
        while (this.line[place] !== waiter) place++;
        this.line.splice(place, 1);
      }
    },
  ),
  spends(
    "filters its line at each release",
    class extends Arrayed {
      protected override leave(waiter: Quick) {
        super.leave(waiter);
        this.line = this.line.filter((other) => other !== waiter);
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
    "loops over weights",
    class extends QuickSemaphore {
      protected override move(weight: number) {
        for (let unit = Math.abs(weight); unit > 0; unit--) super.move(Math.sign(weight));
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
