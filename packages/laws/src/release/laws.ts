import fc from "fast-check";
import { hold } from "../hold.js";
import { join, type LawRun, type Waivers } from "../join.js";
import type { Effort, Law, Sinner } from "../law.js";
import { Breach } from "../verdicts.js";
import { bareIterableKind, generatorKind, iterableKind } from "./iterable-kind.js";
import { R8 } from "./law-of-faults.js";
import { R4 } from "./law-of-opening.js";
import { R7 } from "./law-of-the-unread.js";
import { R6 } from "./law-of-time.js";
import { raced } from "./racing.js";
import { type ReleaseSin, releaseSinners } from "./sinners.js";
import type { MakeRelease, ReleaseLike, ReleaseOnEndLike, ReleaseSubject, StreamKind } from "./subject.js";
import { type Plan, plans, type Telling, tell } from "./telling.js";
import { BYOB_STREAM, BYTE_STREAM, RESPONSE, webStreamKind } from "./web-kinds.js";

function law(
  id: `R${number}`,
  says: string,
  hint: string,
  sinners: readonly Sinner<MakeRelease>[],
  judge: (telling: Telling, plan: Plan, subject: ReleaseSubject) => void | Promise<void>,
): Law<MakeRelease> {
  const check = async (make: MakeRelease, effort: Effort) => {
    const subject = make();
    const property = fc.asyncProperty(plans(subject.kinds), async (plan) =>
      judge(await tell(plan, subject.releaseOnEnd), plan, subject),
    );
    await hold(property, effort);
    if (id === "R1") await hold(raced(subject), effort);
  };
  return { id, kind: "must", says, hint, sinners, check };
}

const bare: ReleaseOnEndLike = (stream) => stream;

/** The kinds of stream that every runtime has. */
export const webKinds = (): readonly StreamKind[] => [
  webStreamKind(),
  BYTE_STREAM,
  BYOB_STREAM,
  RESPONSE,
  iterableKind(),
  bareIterableKind(),
  generatorKind(),
];

/** The laws R, each with its sinners on these kinds of stream. */
export function releaseLawsOn(kinds: readonly StreamKind[]): readonly Law<MakeRelease>[] {
  const on = (...sins: ReleaseSin[]) => releaseSinners(sins, kinds);
  return [
    law(
      "R1",
      "Release happens exactly once, on end, error, cancel, destroy, early `break`, and premature close, for each of: Node Readable, web ReadableStream (default and BYOB), async iterable, Response.",
      "the ways in which this kind of stream can end",
      on("neverOnError", "neverOnLeave", "onErrorAndAgainWhenLeft", "twiceWhenLeftWhileAsked"),
      ({ steps, over, story }) => {
        const releases = steps.at(-1)?.releases ?? 0;
        if (releases !== (over ? 1 : 0)) throw new Breach(`it was released ${releases} times`, story);
      },
    ),
    law(
      "R2",
      "Release never precedes the delivery of the last chunk; for an HTTP response, not before the bytes have left the process's buffers.",
      "whether the release is tied to what the source does, or to what the consumer has got",
      on("whenOpened", "whenSourceHasEnded"),
      ({ steps, story }, { chunks }) => {
        let delivered = 0;
        for (const { what, seen, releases } of steps) {
          if (what.startsWith("left")) return;
          for (const chunk of seen)
            if (/^\d+$/.test(chunk)) delivered = Math.max(delivered, Number(chunk) + 1);
          if (delivered < chunks && releases > 0) {
            throw new Breach(`it was released with ${chunks - delivered} chunks to come`, story);
          }
        }
      },
    ),
    law(
      "R3",
      "The wrapper is transparent: same chunks, same errors, same type of stream, no read-ahead.",
      "the queuing strategy of the wrapper, and what it does with errors",
      on("readsAhead", "wrapsErrors", "copiesChunks", "losesTheKind", "leavesReadsWaiting"),
      async (wrapped, plan) => {
        const plain = await tell(plan, bare);
        if (wrapped.traits !== plain.traits) throw new Breach(`it is ${wrapped.traits}`, wrapped.story);
        plain.steps.forEach(({ what, produced }, i) => {
          const step = wrapped.steps[i];
          if (step?.what !== what) throw new Breach(`unwrapped it is "${what}"`, wrapped.story);
          if (step.produced > produced) throw new Breach(`unwrapped it has made ${produced}`, wrapped.story);
        });
      },
    ),
    R4,
    law(
      "R5",
      "Cancelling the wrapper cancels the source, with the same reason.",
      "what the wrapper does when it is cancelled",
      on("leavesSourceRunning", "cancelsWithoutReason"),
      async (wrapped, plan) => {
        const plain = await tell(plan, bare);
        if ((wrapped.left === undefined) !== (plain.left === undefined)) {
          throw new Breach(`the source was ${wrapped.left ? "" : "not "}told to stop`, wrapped.story);
        }
        if (plain.left?.reason === plain.leftWith && wrapped.left?.reason !== wrapped.leftWith) {
          throw new Breach(`the source heard ${wrapped.left?.reason}`, wrapped.story);
        }
      },
    ),
    R6(kinds),
    R7(kinds),
    R8(kinds),
  ];
}

/** The laws R, with sinners on every kind that every runtime has. */
export const RELEASE_LAWS: readonly Law<MakeRelease>[] = releaseLawsOn(webKinds());

/**
 * The laws R, ready to judge your own implementation on the kinds of stream that you name; on Node, add
 * `nodeReadableKind(Readable)` and `nodeReadableKind(Duplex)`. Without an `admit` R4 is waived. What is collected (R7)
 * is judged only where there is a `globalThis.gc`; while R8 runs, nobody else hears of uncaught errors.
 *
 * @example
 * ```ts
 * const kinds = [...webKinds(), nodeReadableKind(Readable)];
 * const laws = releaseLaws(() => ({ releaseOnEnd, admit }), {}, kinds);
 * for (const { id, says, run } of laws) test(`${id} ${says}`, () => run());
 * ```
 */
export function releaseLaws(
  make: () => ReleaseLike | ReleaseOnEndLike,
  waivers: Waivers = {},
  kinds: readonly StreamKind[] = webKinds(),
): LawRun[] {
  const subject = (): ReleaseSubject => {
    const made = make();
    return typeof made === "function" ? { releaseOnEnd: made, kinds } : { ...made, kinds };
  };
  const lacking: Waivers = subject().admit ? {} : { admit: "there is no admit" };
  return join(RELEASE_LAWS, subject, { ...lacking, ...waivers });
}
