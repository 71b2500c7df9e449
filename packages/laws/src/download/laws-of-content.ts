import type { ByteRange } from "@sluice/object-store";
import fc from "fast-check";
import { law } from "./law.js";
import type { Trouble } from "./onlooker.js";
import { plans, rangeIn, shares } from "./plan.js";
import { fail, play, type Run, start, succeed } from "./run.js";
import type { World } from "./world.js";

/** Something that a store should not do, and may be found to do. */
type Lie = "the whole object" | "the bytes behind" | "fewer bytes" | "bytes behind the end";

const answer = (of: (range: ByteRange) => ByteRange | undefined): Trouble => ({
  does: "answer",
  with: (range) => range && of(range),
});

const LIES: Readonly<Record<Lie, Trouble>> = {
  "the whole object": answer(() => undefined),
  "the bytes behind": answer(({ start, end }) => ({ start: start + 1, end })),
  "fewer bytes": answer(({ start, end = start }) => ({ start, end: Math.max(start, end - 2) })),
  "bytes behind the end": { does: "add", bytes: 3 },
};

/** What the store says of the object, the subject says as well. */
function expectInfo(world: World, run: Run, size: number): void {
  const { size: said } = run.result() ?? {};
  if (said !== undefined && said !== size) world.breach(`its size is said to be ${said}`);
}

export const D1 = law(
  {
    id: "D1",
    says: "Bytes equal the object's, in order.",
    hint: "where the next range begins, and what an answer is compared with",
    sins: ["overlapsByOne", "ordersByArrival", "believesAnyRange", "passesOnTooMuch"],
  },
  fc.record({
    plan: plans(),
    share: fc.option(shares, { nil: undefined }),
    lie: fc.option(fc.constantFrom(...(Object.keys(LIES) as Lie[])), { nil: undefined }),
    nth: fc.integer({ min: 1, max: 6 }),
  }),
  async (world, { plan, share, lie, nth }) => {
    if (lie) world.story.push(`get ${nth} is answered with ${lie}`);
    world.trouble = (asked) => (lie !== undefined && asked.nth === nth ? LIES[lie] : undefined);
    const range = share && rangeIn(plan.size, share);
    // What an answer tells of itself can be checked, so it may be an error; whatever came is right.
    const run = await (lie ? play : succeed)(world, plan, { range });
    expectInfo(world, run, plan.size);
  },
);

export const D6 = law(
  {
    id: "D6",
    says: "A wrong whole-object checksum errors before the end.",
    hint: "when the checksum is compared, and what has been handed on by then",
    sins: ["skipsTheCheck", "handsOnTheLast", "checksOneRange", "checksTheFirstChunk"],
    needs: "integrity",
  },
  fc.record({
    plan: plans({ from: 1 }),
    wrong: fc.constantFrom("nothing", "a bit", "the checksum"),
    at: fc.nat({ max: 100 }),
  }),
  async (world, { plan, wrong, at }) => {
    world.story.push(`${wrong} is wrong`);
    world.misremembers = wrong === "the checksum";
    if (wrong === "a bit") world.trouble = () => ({ does: "flip", at: at % plan.size });
    const options = { integrity: "require" } as const;
    if (wrong === "nothing") {
      await succeed(world, plan, { options });
      return;
    }
    const run = await start(world, plan, { options });
    if (!(await world.drive(run.over))) world.breach("it never ends");
    if (!run.failure()) world.breach("it succeeds");
    // Who counts to the length would take it for whole.
    if (run.consumer.taken >= plan.size) world.breach("it fails when all bytes have been handed on");
    await world.idle();
    world.expectNothingLeft();
  },
);

type Edge = "none" | "the last byte" | "the last bytes and more" | "to the end" | "the first byte" | "all";

function rangeAt(edge: Edge, size: number): ByteRange | undefined {
  const last = size - 1;
  if (edge === "the last byte") return { start: last, end: last };
  if (edge === "the last bytes and more") return { start: last >> 1, end: size + 9 };
  if (edge === "to the end") return { start: last >> 1 };
  if (edge === "the first byte") return { start: 0, end: 0 };
  return edge === "all" ? { start: 0, end: last } : undefined;
}

export const D7 = law(
  {
    id: "D7",
    says: "Empty objects and ranges at the end work.",
    hint: "what is asked for when there is no byte left, and who is told of the end",
    sins: [
      ...(["waitsForAByte", "asksForNoByte", "asksBehindTheEnd", "takesTheEndAtItsWord"] as const),
      ...(["forgetsWaitingBuffers", "endIsExcluded"] as const),
    ],
  },
  fc.record({
    plan: plans(),
    ranges: fc.nat({ max: 3 }),
    more: fc.integer({ min: -1, max: 1 }),
    edge: fc.constantFrom<Edge>(
      ...(["none", "none", "the last byte", "the last bytes and more", "to the end"] as const),
      ...(["the first byte", "all"] as const),
    ),
    behind: fc.integer({ min: 0, max: 20 }),
  }),
  async (world, { plan, ranges, more, edge, behind }) => {
    const size = Math.max(0, ranges * plan.rangeSize + more);
    const sized = { ...plan, size };
    if (behind < 2 && size > 0) {
      const run = await fail(world, sized, { range: { start: size + behind } });
      if (run.consumer.taken > 0) world.breach("bytes came from behind the end");
      return;
    }
    const run = await succeed(world, sized, { range: size > 0 ? rangeAt(edge, size) : undefined });
    expectInfo(world, run, size);
  },
);
