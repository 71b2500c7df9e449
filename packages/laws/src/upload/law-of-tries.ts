import fc from "fast-check";
import { law } from "./law.js";
import { bodyOf, plans } from "./plan.js";
import { AT_ONCE, play } from "./run.js";
import type { Asked } from "./watched-store.js";

/** What a part fails with, and how often. */
interface Failing {
  readonly with: "a reset" | "a slow down" | "a refusal";
  readonly times: number;
}

// Milliseconds. They really pass, since a clock is what is judged; nothing is judged by how late it is.
const RETRY_AFTER = 12;
const BASE_DELAY = 4;
// Timers may be early by the part of a millisecond that they do not count.
const EARLY = 2;

class Failure extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;
  readonly at = performance.now();
  constructor(how: Failing["with"]) {
    super(how);
    this.code = { "a reset": "NetworkError", "a slow down": "SlowDown", "a refusal": "AccessDenied" }[how];
    this.retryable = how !== "a refusal";
    this.retryAfter = how === "a slow down" ? RETRY_AFTER : undefined;
  }
}

interface Try {
  readonly began: number;
  readonly asked: Asked;
  failure: Failure | undefined;
}

export const U6 = law(
  {
    id: "U6",
    says: "A retried part carries the same number and the same bytes; retries stop at the cap; jittered delays honour Retry-After.",
    hint: "who owns the bytes of a part between two tries",
    sins: [
      ...(["countsOn", "sendsTheRest", "retriesForEver"] as const),
      ...(["retriesTheHopeless", "ignoresRetryAfter", "neverJitters", "cutsRetryAfter"] as const),
    ],
    needs: "retry",
  },
  fc.record({
    // More than one part, so that there are parts at all.
    plan: plans({ from: 13 }),
    attempts: fc.integer({ min: 1, max: 4 }),
    number: fc.integer({ min: 1, max: 3 }),
    failing: fc.record<Failing>({
      with: fc.constantFrom("a reset", "a slow down", "a refusal"),
      times: fc.integer({ min: 1, max: 5 }),
    }),
  }),
  async (open, { plan, attempts, number, failing }) => {
    const world = open();
    const { limits } = world.store;
    const partSize = limits.minPartSize + plan.extra;
    const bytes = bodyOf(plan, limits);
    const tries: Try[] = [];
    let jitters = 0;
    world.trouble = (asked) => {
      if (asked.method !== "putPart" || asked.partNumber !== number) return undefined;
      const trying: Try = { began: performance.now(), asked, failure: undefined };
      tries.push(trying);
      const error = () => {
        trying.failure = new Failure(failing.with);
        return trying.failure;
      };
      return tries.length <= failing.times ? { does: "lose the answer", error } : undefined;
    };
    world.story.push(
      `part ${number} fails ${failing.times} times with ${failing.with}, of ${attempts} attempts`,
    );
    const random = () => {
      jitters++;
      return 0.5;
    };
    const retry = { ...AT_ONCE, attempts, baseDelay: BASE_DELAY, random };
    const { outcome } = await play(world, plan, { options: { retry } });

    const exists = bytes.length > (number - 1) * partSize;
    const hopeless = failing.with === "a refusal";
    const wanted = !exists ? 0 : hopeless ? 1 : Math.min(attempts, failing.times + 1);
    if (tries.length !== wanted) world.breach(`part ${number} is tried ${tries.length} times, not ${wanted}`);
    const through = !exists || (!hopeless && failing.times < attempts);
    if ((outcome.state === "fulfilled") !== through) world.breach(`it is ${outcome.state}`);
    await world.expect(through ? bytes : undefined);

    const expected = bytes.subarray((number - 1) * partSize, number * partSize);
    tries.forEach(({ asked, began }, i) => {
      const sent = asked.bytes ?? new Uint8Array(0);
      if (sent.length !== expected.length || sent.some((byte, at) => byte !== expected[at])) {
        world.breach(`try ${i + 1} sends ${sent.length} bytes that are not those of part ${number}`);
      }
      const before = tries[i - 1]?.failure;
      if (before === undefined) return;
      const waited = began - before.at;
      const least = Math.max(before.retryAfter ?? 0, 0.5 * BASE_DELAY * 2 ** (i - 1));
      if (waited < least - EARLY)
        world.breach(`try ${i + 1} comes ${waited} ms after the failure, not ${least}`);
    });
    const pauses = Math.max(0, tries.length - 1);
    if (jitters < pauses) world.breach(`${pauses} delays have ${jitters} random shares`);
    await world.expectNoLeftovers();
  },
);
