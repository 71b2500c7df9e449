import { decides } from "./sinner.js";
import { type Answer, SlowSemaphore } from "./twin.js";

const lightestFirst = decides(
  "serves the lightest first",
  class extends SlowSemaphore {
    override serve() {
      this.line.sort(([, one], [, other]) => one - other);
      return super.serve();
    }
  },
);

const scansForWhoeverFits = decides(
  "scans the line for whoever fits",
  class extends SlowSemaphore {
    override serve() {
      const served: number[] = [];
      for (const [id, weight] of [...this.line]) {
        if (!this.fits(weight)) continue;
        this.line = this.line.filter(([other]) => other !== id);
        this.lent.push([id, weight]);
        served.push(id);
      }
      return served;
    }
  },
);

export const M2_SINNERS = [
  decides(
    "wakes one of three that fit",
    class extends SlowSemaphore {
      override serve() {
        const [head] = this.line;
        if (!head || !this.fits(head[1])) return [];
        this.line.shift();
        this.lent.push(head);
        return [head[0]];
      }
    },
  ),
  decides(
    "lets the head wait until everything is free",
    class extends SlowSemaphore {
      override serve() {
        return this.held === 0 ? super.serve() : [];
      }
    },
  ),
];

export const M3_SINNERS = [
  lightestFirst,
  scansForWhoeverFits,
  decides(
    "serves the latest first",
    class extends SlowSemaphore {
      override serve() {
        this.line.reverse();
        const served = super.serve();
        this.line.reverse();
        return served;
      }
    },
  ),
  decides(
    "lets an acquire that fits overtake the line",
    class extends SlowSemaphore {
      override ask(id: number, weight: number): Answer {
        if (this.dooms(weight) || !this.fits(weight)) return super.ask(id, weight);
        this.lent.push([id, weight]);
        return "granted";
      }
    },
  ),
];

export const M5_SINNERS = [
  decides(
    "forgets to wake the next when a permit comes back",
    class extends SlowSemaphore {
      override giveBack(id: number) {
        this.lent = this.lent.filter(([lent]) => lent !== id);
        return [];
      }
    },
  ),
  decides(
    "forgets to wake the next when the head gives up waiting",
    class extends SlowSemaphore {
      override leave(ids: readonly number[]) {
        this.line = this.line.filter(([id]) => !ids.includes(id));
        return [];
      }
    },
  ),
  decides(
    "wakes the next only if the one who gave up stood at the end",
    class extends SlowSemaphore {
      override leave(ids: readonly number[]) {
        const last = this.line.at(-1)?.[0];
        this.line = this.line.filter(([id]) => !ids.includes(id));
        return ids.includes(last ?? 0) ? this.serve() : [];
      }
    },
  ),
];

export const M11_SINNERS = [
  decides(
    "lets tryAcquire overtake the line",
    class extends SlowSemaphore {
      override tryAsk(id: number, weight: number): Answer {
        if (this.dooms(weight) || !this.fits(weight)) return super.tryAsk(id, weight);
        this.lent.push([id, weight]);
        return "granted";
      }
    },
  ),
];

export const M15_SINNERS = [
  { ...scansForWhoeverFits, sin: "lets small requests starve the one for everything" },
  {
    ...lightestFirst,
    sin: "serves whoever wants least, for ever",
  },
];
