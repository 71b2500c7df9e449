import { LEDGER } from "@sluice/laws";
import { expect, test } from "vitest";
import { countOf, interleavings } from "../src/small-scope.js";

const letters = (next: string) => [...next].map((does) => ({ does }));

/** Every word over parties and letters, with a gap before each but the first; alike up to the names of the parties. */
function bruteForce(alphabet: string, gaps: number, operations: number): number {
  let count = 0;
  for (let length = 1; length <= operations; length++) {
    const byParties = [0, 0, 0];
    for (let word = 0; word < 3 ** length; word++) {
      const parties = Array.from({ length }, (_, place) => Math.floor(word / 3 ** place) % 3);
      const first = [...new Set(parties)];
      if (first.every((party, place) => party === place)) byParties[first.length - 1]!++;
    }
    const shapes = byParties.reduce((sum, one) => sum + one, 0);
    count += shapes * alphabet.length ** length * gaps ** (length - 1);
  }
  return count;
}

test("the interleavings of three parties are all words over them, up to the names of the parties", () => {
  for (const [gaps, count] of [
    ["apart", 1],
    ["racing", 3],
  ] as const) {
    const world = { next: () => letters("ab"), gaps };
    const all = [...interleavings(world, 4)];
    expect(all).toHaveLength(bruteForce("ab", count, 4));
    expect(countOf(world, 4)).toBe(all.length);
    expect(new Set(all.map((steps) => JSON.stringify(steps))).size).toBe(all.length);
  }
});

test("the shortest interleavings come first, and each party keeps to its program", () => {
  // A party opens, and closes what it has opened.
  const world = {
    next: (program: readonly { does: string }[]) => letters(program.length % 2 === 0 ? "o" : "c"),
    gaps: "racing" as const,
  };
  let longest = 0;
  let seen = 0;
  for (const steps of interleavings(world, 4)) {
    const commands = steps.flatMap((step) => step.commands);
    expect(commands.length).toBeGreaterThanOrEqual(longest);
    longest = commands.length;
    for (const party of [0, 1, 2]) {
      const program = commands.filter((one) => one.party === party).map(({ does }) => does);
      expect("ococ".startsWith(program.join(""))).toBe(true);
    }
    seen++;
  }
  expect(longest).toBe(4);
  expect(seen).toBe(countOf(world, 4));
});

// Written down, so that a world that shrinks does not go unseen.
const WALKS = {
  ...{ M1: 3_858, M2: 384, M3: 128, M4: 7_742, M5: 2_318, M6: 17_444, M7: 152, M8: 6_148, M10: 5_876 },
  ...{ M11: 384, M12: 1_184, M13: 1_772, M14: 11_610, M15: 384 },
  ...{ C1: 32_136, C2: 13_370, C3: 7_880, C4: 7_880, C5: 25_256, C6: 7_880, C7: 7_880, C8: 15_690 },
  ...{ C9: 7_880, C10: 11_850, C11: 1_564, C12: 7_880, C14: 9_430, C15: 3_940, C16: 8_836, C17: 18_860 },
  ...{ C18: 10_856 },
};

test("each law of semaphores and channels walks as many schedules as are written down here", () => {
  const walks = LEDGER.filter(({ walks }) => walks > 0).map(({ id, walks }) => [id, walks]);
  expect(Object.fromEntries(walks)).toEqual(WALKS);
});
