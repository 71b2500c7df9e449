import { ReferenceSemaphore } from "./reference.js";
import { decides, treats } from "./sinner.js";
import type { PermitLike } from "./subject.js";
import { SlowSemaphore } from "./twin.js";

/** A permit whose guards are gone: it divides whatever it is told to. */
const unguarded = (sin: string, lets: (weight: number, whole: number, released: boolean) => boolean) =>
  treats(
    sin,
    class extends ReferenceSemaphore {
      protected override lend(id: number, whole: number): PermitLike {
        const permit = super.lend(id, whole);
        let released = false;
        const guard = (weight: number, act: () => PermitLike | undefined): PermitLike => {
          if (lets(weight, permit.weight, released)) return { weight, release: () => undefined };
          return act() as PermitLike;
        };
        return {
          get weight() {
            return permit.weight;
          },
          release: () => {
            released = true;
            permit.release();
          },
          split: (weight) => guard(weight, () => permit.split?.(weight)),
          shrink: (weight) => void guard(weight, () => void permit.shrink?.(weight)),
        };
      }
    },
  );

export const M13_SINNERS = [
  decides(
    "mints weight: what is split off is not taken from the whole",
    class extends SlowSemaphore {
      override split(_id: number, weight: number, part: number) {
        this.lent.push([part, weight]);
      }
    },
  ),
  decides(
    "burns weight: what is split off is lent to nobody",
    class extends SlowSemaphore {
      override split(id: number, weight: number, part: number) {
        super.split(id, weight, part);
        this.lent.pop();
      }
    },
  ),
  treats(
    "gives the parts back with the whole",
    class extends ReferenceSemaphore {
      readonly #parts = new Map<number, PermitLike[]>();
      protected override splitOff(id: number, weight: number) {
        const part = super.splitOff(id, weight);
        this.#parts.set(id, [...(this.#parts.get(id) ?? []), part]);
        return part;
      }
      protected override giveBack(id: number) {
        super.giveBack(id);
        for (const part of this.#parts.get(id) ?? []) part.release();
      }
    },
  ),
  decides(
    "frees what is shrunk away, and wakes nobody",
    class extends SlowSemaphore {
      override shrink(id: number, weight: number) {
        this.lent = this.lent.map(([lent, whole]) => [lent, lent === id ? weight : whole]);
        return [];
      }
    },
  ),
  treats(
    "frees what is shrunk away only some turns later",
    class extends ReferenceSemaphore {
      protected override cutDown(id: number, weight: number) {
        queueMicrotask(() => super.cutDown(id, weight));
      }
    },
  ),
  decides(
    "takes what is to be kept for what is to be given back",
    class extends SlowSemaphore {
      override shrink(id: number, weight: number) {
        const whole = this.lent.find(([lent]) => lent === id)?.[1] ?? 0;
        return super.shrink(id, whole - weight);
      }
    },
  ),
  decides(
    "keeps all until the permit is released, however far it was shrunk",
    class extends SlowSemaphore {
      override shrink() {
        return [];
      }
    },
  ),
  unguarded("divides a permit that was given back", (_weight, _whole, released) => released),
  unguarded("splits off more than there is", (weight, whole) => weight > whole),
  unguarded("splits off what is not a number", (weight) => Number.isNaN(weight)),
  unguarded("splits off nothing, or less", (weight) => weight <= 0),
];

export const M14_SINNERS = [
  decides(
    "lets negative availability wake a waiter",
    class extends SlowSemaphore {
      override fits(weight: number) {
        return weight <= Math.abs(this.capacity - this.held);
      }
    },
  ),
  decides(
    "revokes permits until the rest fits",
    class extends SlowSemaphore {
      override resize(capacity: number) {
        while (this.held > capacity) this.lent.pop();
        return super.resize(capacity);
      }
    },
  ),
  decides(
    "wakes nobody when it grows",
    class extends SlowSemaphore {
      override resize(capacity: number) {
        const { lent, line } = this;
        const { dismissed } = super.resize(capacity);
        this.lent = lent.filter(([id]) => !line.some(([waiting]) => waiting === id));
        this.line = line.filter(([id]) => !dismissed.includes(id));
        return { dismissed, served: [] };
      }
    },
  ),
  decides(
    "grows only when everything is free",
    class extends SlowSemaphore {
      override resize(capacity: number) {
        return super.resize(this.held > 0 ? Math.min(capacity, this.capacity) : capacity);
      }
    },
  ),
  decides(
    "lets those wait who can never fit any more",
    class extends SlowSemaphore {
      override resize(capacity: number) {
        this.capacity = capacity;
        return { dismissed: [], served: this.serve() };
      }
    },
  ),
  decides(
    "sends away whoever does not fit just now",
    class extends SlowSemaphore {
      override resize(capacity: number) {
        const { dismissed, served } = super.resize(capacity);
        const unfit = this.line.map(([id]) => id);
        this.line = [];
        return { dismissed: [...dismissed, ...unfit], served };
      }
    },
  ),
  decides(
    "never shrinks below what is held",
    class extends SlowSemaphore {
      override resize(capacity: number) {
        return super.resize(Math.max(capacity, this.held));
      }
    },
  ),
  treats(
    "takes any number for a capacity",
    class extends ReferenceSemaphore {
      override resize(capacity: number) {
        if (Number.isSafeInteger(capacity) && capacity >= 1) super.resize(capacity);
      }
    },
  ),
];
