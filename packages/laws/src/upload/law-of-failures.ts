import fc from "fast-check";
import { law } from "./law.js";
import { bytesOf, plans } from "./plan.js";
import { start } from "./run.js";

/** Where an upload fails. */
type Place = "createMultipart" | "putPart" | "completeMultipart" | "source" | "abort" | "abort of what hangs";

class Denied extends Error {
  readonly code = "AccessDenied";
  readonly status = 403;
  readonly retryable = false;
}

/** Whether an error carries another one somewhere, however it is called. */
function carries(error: unknown, other: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  return Reflect.ownKeys(error).some((name) => {
    const value: unknown = Reflect.get(error, name);
    return value === other || (Array.isArray(value) && value.includes(other));
  });
}

export const U2 = law(
  {
    id: "U2",
    says: "On any failure the source is cancelled, requests in progress are stopped, the multipart upload is aborted, and the first error surfaces with the others attached, even if the source stalls for ever.",
    hint: "what is awaited between the first failure and the rejection",
    sins: [
      ...(["waitsForAStalledSource", "leavesTheSource", "letsRequestsRun", "leavesTheUpload"] as const),
      ...(["looksOnce", "masksTheCause", "dropsTheOthers", "wrapsTheCause", "keepsThePermit"] as const),
      ...(["abortsBehind", "stopsTheSourceTwice"] as const),
    ],
  },
  fc.record({
    plan: plans({ from: 13 }),
    place: fc.constantFrom<Place>(
      ...(["createMultipart", "putPart", "putPart", "putPart", "completeMultipart"] as const),
      ...(["source", "abort", "abort of what hangs"] as const),
    ),
    nth: fc.integer({ min: 1, max: 2 }),
    stalls: fc.boolean(),
    lands: fc.boolean(),
    /** Whether the multipart upload cannot be aborted. */
    stuck: fc.boolean(),
  }),
  async (open, { plan, place, nth, stalls, lands, stuck }) => {
    const world = open();
    world.lands = lands;
    const cause = new Denied("the first failure");
    const other = new Denied("it cannot be aborted");
    world.trouble = ({ method, partNumber }) => {
      if (stuck && method === "abortMultipart") return { does: "fail", error: () => other };
      if (place === "abort of what hangs" && method === "putPart") return { does: "hang" };
      if (method !== place || (method === "putPart" && partNumber !== nth)) return undefined;
      return { does: "fail", error: () => cause };
    };
    const { limits } = world.store;
    const aborted = place.startsWith("abort");
    // A source that stalls before the part that fails was read would only hide the failure.
    const needed = nth * (limits.minPartSize + plan.extra) + 1;
    const canStall = stalls && plan.kind !== "sync iterable";
    const mayStall = canStall && (aborted || (place === "putPart" && needed <= bytesOf(plan.size, limits)));
    const ending = place === "source" ? { error: cause } : mayStall ? "stall" : "end";

    if (aborted) void world.turn("abort").then(() => run.abort(cause));
    const run = start(world, plan, { read: mayStall ? needed : undefined, ending });
    if (!(await world.drive(run.outcome.settled))) world.breach("it never ends");
    const { state, reason } = run.outcome;
    // It may have been through before the abort.
    if (state === "fulfilled" && aborted) return;
    if (state === "fulfilled") world.breach("it succeeds");
    if (reason !== world.failures[0])
      world.breach(`it fails with ${String(reason)}, not with the first failure`);
    const { source } = run;
    if (!source.over && source.left !== 1) world.breach(`the source was told to stop ${source.left} times`);
    if (world.inProgress.size > 0) world.breach(`${world.inProgress.size} requests are in progress`);
    if (run.budget.held !== 0) world.breach(`${run.budget.held} bytes of the budget are still held`);
    if (run.budget.waiting !== 0) world.breach("it still stands in line for the budget");
    // A real server may have completed what was aborted meanwhile.
    if (!aborted || world.asked("completeMultipart").length === 0) await world.expect(undefined);
    const tried = world.asked("abortMultipart").length > 0;
    if (!stuck) await world.expectNoLeftovers();
    else if (tried && !carries(reason, other)) world.breach("what went wrong with the abort is not attached");
  },
);
