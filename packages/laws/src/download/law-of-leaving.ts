import fc from "fast-check";
import { Outcome } from "../read-slots/outcome.js";
import { law } from "./law.js";
import { capacityOf, plans } from "./plan.js";
import { type Run, start } from "./run.js";

class Refused extends Error {
  readonly code = "AccessDenied";
  readonly retryable = false;
}

export const D5 = law(
  {
    id: "D5",
    says: "Cancelling stops every open range and gives back every slot.",
    hint: "what is awaited, and who is told, when a body is left, aborted or has failed",
    sins: [
      ...(["leavesRangesOpen", "keepsPermits", "keepsThePermitOfTheFailed", "staysInLine"] as const),
      ...(["releasesTwice", "ignoresAbort", "wrapsTheReason", "leavesTheOthers", "asksOn"] as const),
    ],
  },
  fc.record({
    plan: plans({ from: 1 }),
    how: fc.constantFrom("cancel", "cancel", "abort", "abort", "a refusal"),
    /** It is left when so many bytes have been read, or a turn later. */
    after: fc.nat({ max: 30 }),
    /** The request that is refused; or that stalls, with a body of so many bytes or without an answer. */
    nth: fc.integer({ min: 1, max: 4 }),
    stalls: fc.option(
      fc.record({ nth: fc.integer({ min: 1, max: 4 }), after: fc.integer({ min: -1, max: 4 }) }),
      {
        nil: undefined,
      },
    ),
    /** Somebody else takes all of the budget, from the start or when it can be had, and keeps it for a while. */
    other: fc.constantFrom("nobody", "first", "later"),
  }),
  async (world, { plan, how, after, nth, stalls, other }) => {
    const cause = new Refused("enough");
    world.trouble = (asked) => {
      if (how === "a refusal" && asked.nth === nth) return { does: "fail", error: () => cause };
      if (asked.nth !== stalls?.nth) return undefined;
      return stalls.after < 0 ? { does: "hang" } : { does: "stall", after: stalls.after };
    };
    const budget = world.budget(capacityOf(plan));
    let letGo = () => {};
    const kept = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const takeAll = async () => {
      const permit = await budget.acquire(budget.capacity);
      await kept;
      await world.turn("somebody else is done with the budget");
      permit.release();
    };
    if (other === "first") void takeAll();
    const run: Run = await start(world, plan, { budget });

    const enough = Math.min(after, plan.size - 1);
    await world.drive(() => run.over() || (run.opened.settled() && run.consumer.taken >= enough), "to rest");
    if (other === "later") void takeAll();
    letGo();
    let left: Outcome | undefined;
    let missing = 0;
    let asked = Number.POSITIVE_INFINITY;
    void world.turn(`the reader leaves by ${how}`).then(() => {
      if (run.over() || how === "a refusal") return;
      asked = world.requests.length;
      missing = plan.size - world.requests.reduce((sum, { given }) => sum + given, 0);
      if (how === "abort" || !run.opened.settled()) run.abort(cause);
      else left = new Outcome(run.consumer.cancel(cause));
    });
    const done = () => left?.settled() ?? run.over();
    // What stalls before the refusal is waited for for ever, and rightly so.
    const mayRest = how === "a refusal" && stalls !== undefined;
    if (!(await world.drive(done, mayRest ? "to rest" : "patiently"))) {
      if (!mayRest) world.breach("it never ends");
      run.abort(cause);
      if (!(await world.drive(run.over))) world.breach("it never ends");
    }
    const failure = run.failure();
    if (failure && failure.error !== cause) world.breach(`it fails with ${String(failure.error)}`);
    if (!failure && left === undefined && missing > 0) world.breach("it ends as if nothing were missing");
    await world.idle();
    if (world.requests.length > asked) world.breach("it asks on");
    world.expectNothingLeft();
  },
);
