import fc from "fast-check";
import { hop, settle } from "../settle.js";
import { Breach } from "../verdicts.js";
import type { Consumer, ReleaseOnEndLike, SourcePlan, StreamKind } from "./subject.js";

/** A source, and somebody who reads some of it and then leaves, or goes on to its end. */
export interface Plan extends SourcePlan {
  readonly kind: StreamKind;
  /** How many reads wait at once. */
  readonly atOnce: number;
  /** How many such rounds of reads before leaving; `undefined` to read on. */
  readonly leavesAfter: number | undefined;
}

export const plans = (kinds: readonly StreamKind[]): fc.Arbitrary<Plan> =>
  fc
    .record({
      kind: fc.constantFrom(...kinds),
      chunks: fc.nat({ max: 3 }),
      ending: fc.constantFrom<SourcePlan["ending"]>("end", "error", "stall"),
      eager: fc.boolean(),
      endsWithLast: fc.boolean(),
      leavesAfter: fc.option(fc.nat({ max: 4 }), { nil: undefined }),
      atOnce: fc.integer({ min: 1, max: 3 }),
    })
    // An error throws away what waits in a web stream, so an eager source that fails delivers nothing.
    .map((plan) => ({
      ...plan,
      eager: plan.eager && plan.ending !== "error",
      atOnce: plan.kind.queues ? plan.atOnce : 1,
      failure: new Error("the source failed"),
    }));

/** What was seen at one step. */
export interface Step {
  readonly what: string;
  /** What came of each of the actions that were begun at once. */
  readonly seen: readonly string[];
  readonly produced: number;
  readonly releases: number;
}

/** What somebody saw of a stream from beginning to end. */
export interface Telling {
  readonly traits: string;
  readonly steps: readonly Step[];
  /** Whether it has ended, failed or been left. */
  readonly over: boolean;
  readonly left: { readonly reason: unknown } | undefined;
  readonly leftWith: unknown;
  readonly story: readonly string[];
}

const NO_ANSWER = "no answer";

/** Lives a plan to its end on a wrapped stream, with a release that may do more than be counted. */
export async function tell(
  plan: Plan,
  wrap: ReleaseOnEndLike,
  andThen: () => void = () => {},
): Promise<Telling> {
  const steps: Step[] = [];
  let releases = 0;
  const source = plan.kind.open(plan);
  const stream = wrap(source.stream, () => {
    releases++;
    andThen();
  });
  const traits = plan.kind.traits(stream);
  const consumer = consumerOf(plan.kind, stream);
  const leftWith = new Error("the consumer has had enough");
  let over = false;

  const see = async (doing: string, actions: readonly (() => Promise<unknown>)[], mayStall: boolean) => {
    const seen = actions.map(() => NO_ANSWER);
    actions.forEach((action, i) => {
      action().then(
        (answer) => {
          seen[i] = answer === undefined ? "done" : `${answer}`;
        },
        (error) => {
          seen[i] =
            error === plan.failure
              ? "the failure"
              : error === leftWith
                ? "the reason"
                : `another error: ${error}`;
        },
      );
    });
    await settle(() => mayStall || !seen.includes(NO_ANSWER));
    // Node's streams tell of their end in the turn after.
    if (plan.kind.tellsLate) await hop();
    steps.push({ what: `${doing}: ${seen.join(", ")}`, seen, produced: source.produced(), releases });
    return seen.at(-1)!;
  };

  await see("opened", [async () => undefined], false);
  let stalled = false;
  for (let read = 0; !over && !stalled && read !== plan.leavesAfter; read++) {
    const reads = Array.from({ length: plan.atOnce }, () => () => consumer.read());
    const last = (read + 1) * plan.atOnce;
    const seen = await see(`read ${read}`, reads, plan.ending === "stall" && last > plan.chunks);
    stalled = seen === NO_ANSWER;
    over = !stalled && !/^\d+$/.test(seen);
  }
  if (plan.leavesAfter !== undefined && !over) {
    // A generator that waits for something cannot be left.
    const seen = await see("left", [() => consumer.leave(leftWith)], plan.ending === "stall");
    over = seen !== NO_ANSWER;
  }
  // Whatever comes after the end must not release again.
  if (over) await see("left again", [() => consumer.leave(leftWith).catch(() => undefined)], true);
  const story = [
    `${plan.kind.name}, ${plan.chunks} chunks${plan.eager ? " there at once" : ""}, then ${plan.ending}; ${plan.atOnce} reads at once`,
    ...steps.map(({ what, produced, releases }) => `${what} (made ${produced}, released ${releases})`),
  ];
  return { traits, steps, over, left: source.left(), leftWith, story };
}

function consumerOf(kind: StreamKind, stream: object): Consumer {
  try {
    return kind.consume(stream);
  } catch (error) {
    throw new Breach(`it cannot be read as a ${kind.name}: ${String(error)}`, []);
  }
}
