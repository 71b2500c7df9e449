import fc from "fast-check";
import { areIntact } from "./digests.js";
import { law } from "./law.js";
import { bodyOf, plans } from "./plan.js";
import { AT_ONCE, play } from "./run.js";
import type { World } from "./world.js";

class Lost extends Error {
  readonly code = "NetworkError";
  readonly retryable = true;
}

class Denied extends Error {
  readonly code = "AccessDenied";
  readonly retryable = false;
}

/** What becomes of the requests to complete an upload. */
type Fate =
  | "done, and the answer is lost"
  | "done, and all answers are lost"
  | "lost once"
  | "lost always"
  | "lost, and then refused"
  | "lost, and the upload is removed"
  | "done, and another object is written over it";

export const FATES: readonly Fate[] = [
  ...([
    "done, and the answer is lost",
    "done, and all answers are lost",
    "lost once",
    "lost always",
  ] as const),
  ...(["lost, and then refused", "lost, and the upload is removed"] as const),
  "done, and another object is written over it",
];

const lost = { error: () => new Lost("the answer was lost") };

/** Prepares the fate. Whatever somebody else does happens behind the first answer. */
function fated(world: World, fate: Fate, other: Uint8Array): void {
  world.trouble = ({ method, nth }) => {
    if (method !== "completeMultipart") return undefined;
    const first = nth === 1;
    if (fate === "done, and the answer is lost")
      return first ? { does: "lose the answer", ...lost } : undefined;
    if (fate === "lost once") return first ? { does: "fail", ...lost } : undefined;
    if (fate === "lost always") return { does: "fail", ...lost };
    if (fate === "lost, and then refused") {
      return { does: "fail", error: first ? lost.error : () => new Denied("it is refused") };
    }
    if (fate === "lost, and the upload is removed") return first ? { does: "fail", ...lost } : undefined;
    return { does: "lose the answer", ...lost };
  };
  world.meanwhile = async ({ method, nth }) => {
    if (method !== "completeMultipart" || nth !== 1) return;
    if (fate === "lost, and the upload is removed") {
      for (const upload of await world.leftovers()) await world.inner.abortMultipart(upload);
    }
    if (fate.endsWith("written over it")) await world.inner.put(world.target, other);
  };
}

export const U7 = law(
  {
    id: "U7",
    says: "A lost answer to Complete is resolved by looking, not by guessing.",
    hint: "what is compared before a refused Complete counts as done",
    sins: ["takesGoneForDone", "takesAnyForOurs", "comparesTheSize", "givesUpOnLostAnswers"],
  },
  fc.record({
    plan: plans({ from: 13 }),
    fate: fc.constantFrom(...FATES),
    /** Whether there is an object under the key already. */
    before: fc.boolean(),
  }),
  async (open, { plan, fate, before }) => {
    const world = open();
    const old = new Uint8Array([1, 2, 3]);
    // Of the same size, so that nobody can tell by it.
    const overwritten = fate.endsWith("written over it");
    const other = overwritten
      ? bodyOf({ ...plan, seed: plan.seed + 1 }, world.store.limits)
      : new Uint8Array(0);
    if (before) await world.inner.put(world.target, old);
    fated(world, fate, other);
    world.story.push(`Complete is ${fate}`);
    const { outcome, bytes } = await play(world, plan);
    const done = fate.startsWith("done, and") || fate === "lost once";
    if (done && !overwritten && outcome.state === "rejected") {
      world.breach(`it fails with ${String(outcome.reason)}, but the object is there`);
    }
    if ((!done || overwritten) && outcome.state === "fulfilled")
      world.breach("it succeeds, but its object is not there");
    await world.expect(overwritten ? other : done ? bytes : before ? old : undefined);
    await world.expectNoLeftovers();
  },
);

export const U8 = law(
  {
    id: "U8",
    says: "Each part carries its own digest; a flipped bit in transit is refused by the store and retried, and never published.",
    hint: "what the digest is made of, and what becomes of a refusal",
    sins: ["sendsNoDigest", "sendsTheFirstDigest", "dropsTheDigest", "givesUpOnDamage"],
    needs: "integrity",
  },
  fc.record({
    plan: plans({ from: 2 }),
    number: fc.integer({ min: 1, max: 4 }),
    times: fc.nat({ max: 4 }),
    at: fc.nat({ max: 10_000 }),
  }),
  async (open, { plan, number, times, at }) => {
    const world = open();
    let sent = 0;
    let damaged = 0;
    world.trouble = ({ method, partNumber = 1 }) => {
      if (method !== "put" && method !== "putPart") return undefined;
      if (partNumber !== number || ++sent > times) return undefined;
      damaged++;
      return { does: "flip a bit", at };
    };
    world.story.push(`a bit of part ${number} is flipped ${times} times`);
    const hopeless = times >= AT_ONCE.attempts;
    // Known only when it has been sent: whether there is such a part.
    const { outcome, bytes } = await play(world, plan);
    const failed = hopeless && damaged > 0;
    if (failed !== (outcome.state === "rejected"))
      world.breach(`it is ${outcome.state}: ${String(outcome.reason)}`);
    await world.expect(failed ? undefined : bytes);
    await world.expectNoLeftovers();
    for (const { method, partNumber = 1, bytes, options } of world.requests) {
      if ((method !== "put" && method !== "putPart") || bytes === undefined) continue;
      if (options.contentMd5 === undefined && options.checksum === undefined) {
        world.breach(`part ${partNumber} is sent without a digest`);
      }
      if (partNumber !== number && !(await areIntact(bytes, options))) {
        world.breach(`part ${partNumber} is sent with a digest of something else`);
      }
    }
  },
);
