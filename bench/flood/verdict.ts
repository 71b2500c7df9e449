import type { Flooded } from "./flood.js";
import type { Plan } from "./plan.js";

const MIB = 2 ** 20;

/** "Far below": the part of the limit that the governed server may use at the most. */
export const FAR_BELOW = 0.75;

/** What is not as it was expected: killed, killed, all served. Exit codes and bytes; nothing here is a matter of time. */
export function broken(floods: readonly Flooded[], { limitMib }: Plan): string[] {
  return floods.flatMap((flooded) => {
    const { variant, exit, oomKills, served, wellBehaved, budget, peak } = flooded;
    const says = (wrong: boolean, what: string) => (wrong ? [`${variant}: ${what}`] : []);
    if (variant !== "admit") {
      return says(
        exit !== 137 || oomKills === 0,
        `was to be killed, but its exit code is ${exit}, after ${oomKills} kills`,
      );
    }
    return [
      ...says(exit !== 0 || oomKills > 0, `its exit code is ${exit}, after ${oomKills} kills`),
      ...says(served !== wellBehaved, `served ${served} of ${wellBehaved}`),
      ...says(budget?.held !== 0, `${budget?.held} bytes of the budget never came back`),
      ...says(
        peak > FAR_BELOW * limitMib * MIB,
        `the peak of ${Math.round(peak / MIB)} MiB is not far below ${limitMib} MiB`,
      ),
    ];
  });
}
