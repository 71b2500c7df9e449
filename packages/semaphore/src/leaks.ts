import type { Lender } from "./stock.js";

//  lent ──given back in full──▶ forgotten
//    └─────collected──────────▶ given back for its holder, and reported

/** A permit that was collected before it was given back. */
export interface Leak {
  /** What it still held, and what has been given back for it. */
  readonly weight: number;
  /** The name of its semaphore. */
  readonly name: string | undefined;
  /** The stack of the call that asked for it, cut off after 2,000 characters. */
  readonly acquiredAt: string | undefined;
}

// A text from the start: an Error keeps the objects of its stack alive, and with them perhaps the permit.
export const callSite = (): string | undefined => new Error("acquired").stack?.slice(0, 2_000);

/** Gives back what was lent to those who lost it, and reports them. */
export function watchLeaks(
  lender: Lender,
  onLeak: (leak: Leak) => void,
  name: string | undefined,
): (weight: number, acquiredAt?: string) => Lender {
  const registry = new FinalizationRegistry<Omit<Leak, "name">>((loan) => {
    // Apart, so that what the hook throws surfaces where bugs do, and harms nobody else.
    queueMicrotask(() => onLeak({ ...loan, name }));
    lender.takeBack(loan.weight);
  });
  return function lend(weight, acquiredAt = callSite()) {
    // All that the registry knows. It must not lead to the permit, nor to what the permit gives back to: that
    // is what is watched, as it lives just as long as a permit that is not released.
    const loan = { weight, acquiredAt };
    const watched: Lender = {
      takeBack(part) {
        loan.weight -= part;
        if (loan.weight === 0) registry.unregister(loan);
        lender.takeBack(part);
      },
      part(part) {
        loan.weight -= part;
        return lend(part, acquiredAt);
      },
    };
    registry.register(watched, loan, loan);
    return watched;
  };
}
