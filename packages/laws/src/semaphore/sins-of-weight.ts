import { ReferenceSemaphore } from "./reference.js";
import { decides, type SemaphoreSinner, treats } from "./sinner.js";
import type { PermitLike } from "./subject.js";
import { SlowSemaphore } from "./twin.js";

const givesBackTwice = treats(
  "frees twice when release() is called twice",
  class extends ReferenceSemaphore {
    #surplus = 0;
    override get held() {
      return super.held - this.#surplus;
    }
    protected override lend(id: number, weight: number): PermitLike {
      let released = false;
      return {
        weight,
        release: () => {
          if (released) this.#surplus += weight;
          released = true;
          this.giveBack(id);
        },
      };
    }
  },
);

export const M1_SINNERS = [
  { ...givesBackTwice, sin: "grows its capacity when a permit is released too often" },
  decides(
    "grants whenever anything at all is free",
    class extends SlowSemaphore {
      override fits() {
        return this.held < this.capacity;
      }
    },
  ),
  treats(
    "counts permits instead of their weights",
    class extends ReferenceSemaphore {
      override get held() {
        return this.twin.lent.length;
      }
    },
  ),
];

const dooms = (sin: string, refuse: (weight: number, capacity: number) => boolean): SemaphoreSinner =>
  decides(
    sin,
    class extends SlowSemaphore {
      override dooms(weight: number) {
        return refuse(weight, this.capacity);
      }
    },
  );

export const M6_SINNERS = [
  dooms("lets a weight above the capacity wait", (weight) => !Number.isSafeInteger(weight) || weight < 1),
  dooms("takes zero", (weight, capacity) => !Number.isSafeInteger(weight) || weight < 0 || weight > capacity),
  dooms("takes weights below zero", (weight, capacity) => !Number.isSafeInteger(weight) || weight > capacity),
  dooms("takes fractions", (weight, capacity) => !(weight > 0 && weight <= capacity)),
  dooms("takes what is not a number", (weight, capacity) => weight < 1 || weight > capacity),
];

export const M7_SINNERS = [
  givesBackTwice,
  treats(
    "gives back one, whatever the permit weighs",
    class extends ReferenceSemaphore {
      #kept = 0;
      override get held() {
        return super.held + this.#kept;
      }
      protected override lend(id: number, weight: number): PermitLike {
        let released = false;
        const release = () => {
          if (!released) this.#kept += weight - 1;
          released = true;
          this.giveBack(id);
        };
        return { weight, release };
      }
    },
  ),
  treats(
    "takes a second release for that of another permit",
    class extends ReferenceSemaphore {
      protected override lend(id: number, weight: number): PermitLike {
        let released = false;
        const release = () => {
          const other = this.twin.lent[0]?.[0];
          this.giveBack(released && other ? other : id);
          released = true;
        };
        return { weight, release };
      }
    },
  ),
];
