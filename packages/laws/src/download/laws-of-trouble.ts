import fc from "fast-check";
import { content } from "../store/content.js";
import { AT_ONCE } from "../upload/run.js";
import { law } from "./law.js";
import type { Asked } from "./onlooker.js";
import { plans } from "./plan.js";
import { play } from "./run.js";

class Broken extends Error {
  readonly code: string;
  readonly retryable: boolean;
  constructor(code: "ConnectionLost" | "InternalError" | "SlowDown" | "AccessDenied") {
    super(code);
    this.code = code;
    this.retryable = code !== "AccessDenied";
  }
}

type Break = "error" | "end" | "InternalError" | "SlowDown" | "AccessDenied";

export const D3 = law(
  {
    id: "D3",
    says: "A body cut short resumes at the absolute offset, up to the cap of attempts.",
    hint: "what the range of the next try is made of, and what its tries are counted by",
    sins: [
      ...(["resumesAtTheRelativeOffset", "startsTheRangeAnew", "asksForAllOfItAgain"] as const),
      ...(["takesTheCutForWhole", "givesUpAtOnce", "retriesForEver"] as const),
      ...(["countsAnewAfterEachByte", "retriesTheHopeless"] as const),
    ],
    needs: "retry",
  },
  fc.record({
    plan: plans({ from: 1 }),
    attempts: fc.integer({ min: 1, max: 4 }),
    /** What is asked for this byte breaks off. */
    at: fc.nat({ max: 100 }),
    times: fc.integer({ min: 1, max: 5 }),
    breaks: fc.array(
      fc.record({
        how: fc.constantFrom<Break>(
          "error",
          "error",
          "end",
          "end",
          "InternalError",
          "SlowDown",
          "AccessDenied",
        ),
        after: fc.nat({ max: 4 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  async (world, { plan, attempts, at, times, breaks }) => {
    const byte = at % plan.size;
    /** All that is asked for of the range with this byte. */
    const tries: Asked[] = [];
    let refused = 0;
    world.trouble = (asked) => {
      const last = Math.min(asked.options.range?.end ?? plan.size, plan.size - 1);
      const first = tries[0] ?? asked;
      const isIt = tries.length === 0 ? asked.start <= byte && byte <= last : asked.start >= first.start;
      if (!isIt || asked.start > Math.min(first.options.range?.end ?? plan.size, plan.size - 1))
        return undefined;
      tries.push(asked);
      if (tries.length > times) return undefined;
      const { how, after } = breaks[(tries.length - 1) % breaks.length]!;
      if (how === "error") return { does: "cut", after, error: new Broken("ConnectionLost") };
      if (how === "end") return { does: "cut", after };
      if (how === "AccessDenied") refused ||= tries.length;
      return { does: "fail", error: () => new Broken(how) };
    };
    const arrived = new Set<number>();
    world.look = ({ nth, start, given }, bytes) => {
      for (let offset = start + given; offset < start + given + bytes; offset++) {
        if (arrived.has(offset)) world.breach(`get ${nth} asks again for byte ${offset}`);
        arrived.add(offset);
      }
    };
    const { failure } = await play(world, plan, { options: { retry: { ...AT_ONCE, attempts } } });
    const failed = failure();
    const most = refused || attempts;
    if (tries.length > most) world.breach(`a range is tried ${tries.length} times, not ${most}`);
    if (failed && tries.length < most) world.breach(`it gives up after ${tries.length} of ${most} tries`);
  },
);

/** What is there in the place of the object. */
type Other = "as large" | "smaller" | "larger";

export const D4 = law(
  {
    id: "D4",
    says: "An object replaced half-way is an error, never a mixture.",
    hint: "what every later request asks for, and what its answer is compared with",
    sins: ["asksForAnyVersion", "trustsIfMatch", "comparesSizes", "goesOnWithTheNew", "endsInsteadOfFailing"],
  },
  fc.record({
    plan: plans({ from: 4 }),
    /** It is replaced just before this request is carried out. */
    nth: fc.integer({ min: 2, max: 5 }),
    other: fc.constantFrom<Other>("as large", "as large", "smaller", "larger"),
    /** The store does not know If-Match. */
    deaf: fc.boolean(),
    /** What is asked for first breaks off, so that another request follows. */
    cut: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
  }),
  async (world, { plan, nth, other, deaf, cut }) => {
    world.deaf = deaf;
    world.story.push(
      `it is replaced by one ${other} before get ${nth}${deaf ? ", and If-Match is not heeded" : ""}`,
    );
    const size = plan.size + { "as large": 0, smaller: -2, larger: 3 }[other];
    let replaced = false;
    let late = false;
    world.before = async (asked) => {
      if (replaced) late = true;
      if (asked.nth !== nth) return;
      replaced = true;
      late = true;
      await world.put(content(size, plan.seed + 1));
    };
    world.trouble = ({ nth }) =>
      nth === 1 && cut !== undefined
        ? { does: "cut", after: cut, error: new Broken("ConnectionLost") }
        : undefined;
    // What came is always of the first version, or `play` says so.
    const { failure } = await play(world, plan);
    if (late && !failure())
      world.breach("it succeeds, though the object was replaced before it had asked for all");
    if (!late && failure()) world.breach(`it fails with ${String(failure()?.error)}`);
  },
);
