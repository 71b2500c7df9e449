import type { Flooded } from "./flood.js";

const MIB = 2 ** 20;

/** What is not as it was expected. Exit codes and bytes; nothing here is a matter of time. */
export function broken(floods: readonly Flooded[]): string[] {
  return floods.flatMap((flooded) => {
    const { crowd, limitMib, governed, expected, exit, oomKills, asked, done, told, words, whole, said } =
      flooded;
    const says = (wrong: boolean, what: string) =>
      wrong ? [`${crowd}, ${limitMib} MiB${governed ? "" : ", no governance"}: ${what}`] : [];
    if (expected === "killed") {
      return says(exit !== 137 || oomKills === 0, `was to be killed, but its exit code is ${exit}`);
    }
    return [
      ...says(exit !== 0 || oomKills > 0, `its exit code is ${exit}, after ${oomKills} kills`),
      ...says(done + told !== asked, `${done} done and ${told} told to come again, of ${asked}: ${said[0]}`),
      ...says(!whole, "what was sent is not what is there"),
      ...says(words?.budget.held !== 0, `${words?.budget.held} bytes of the budget never came back`),
      ...says(
        (words?.budget.peakHeld ?? 0) > (words?.budget.capacity ?? 0),
        `held ${words?.budget.peakHeld} bytes of ${words?.budget.capacity}`,
      ),
    ];
  });
}

/** Bytes that a goal allows at the most. */
export const PEAK_GOAL = 220 * MIB;
