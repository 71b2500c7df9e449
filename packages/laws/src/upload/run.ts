import type { ObjectTarget } from "@sluice/object-store";
import { Outcome } from "../read-slots/outcome.js";
import type { SemaphoreLike } from "../semaphore/subject.js";
import { bodyOf, cut, type Plan } from "./plan.js";
import type { Bytes, Source, SourcePlan } from "./source.js";
import type { UploadBodyLike, UploadLikeOptions, UploadResultLike } from "./subject.js";
import type { World } from "./world.js";

/** One upload that has been started. */
export interface Run {
  readonly target: ObjectTarget;
  readonly bytes: Bytes;
  readonly source: Source;
  readonly outcome: Outcome;
  readonly budget: SemaphoreLike;
  readonly partSize: number;
  /** What it was told to have been loaded, in order. */
  readonly loaded: number[];
  readonly tokens: unknown[];
  result(): UploadResultLike | undefined;
  abort(reason: unknown): void;
}

/** How a run differs from what the plan says by itself. */
export interface Differently {
  readonly target?: ObjectTarget | undefined;
  readonly bytes?: Bytes | undefined;
  readonly body?: UploadBodyLike | undefined;
  /** How much of the bytes the source gives. */
  readonly read?: number | undefined;
  /** How many empty chunks come first. */
  readonly empties?: number | undefined;
  readonly ending?: SourcePlan["ending"] | undefined;
  readonly budget?: SemaphoreLike | undefined;
  readonly options?: Partial<UploadLikeOptions> | undefined;
  readonly onToken?: (() => void) | undefined;
  readonly onLoaded?: ((bytes: number) => void) | undefined;
}

/** No time passes between two tries. */
export const AT_ONCE = { attempts: 3, baseDelay: 0, maxDelay: 1_000, random: () => 0 };

/** Starts what the plan says. */
export function start(world: World, plan: Plan, differently: Differently = {}): Run {
  const { limits } = world.store;
  const target = differently.target ?? world.target;
  const bytes = differently.bytes ?? bodyOf(plan, limits);
  const source = world.source({
    kind: plan.kind,
    chunks: [
      ...Array.from({ length: differently.empties ?? 0 }, () => bytes.subarray(0, 0)),
      ...cut(bytes.subarray(0, differently.read), plan.chunks, limits),
    ],
    ending: differently.ending ?? "end",
  });
  const partSize = Math.min(limits.minPartSize + plan.extra, limits.maxPartSize);
  const budget = differently.budget ?? world.budget(plan.slots * partSize);
  const stop = new AbortController();
  const loaded: number[] = [];
  const tokens: unknown[] = [];
  let result: UploadResultLike | undefined;
  const length = plan.known ? bytes.length : undefined;
  world.story.push(
    `${bytes.length} bytes${plan.known ? ", declared," : ""} in parts of ${partSize}, ${plan.slots} slots, a budget of ${budget.capacity}`,
  );
  const uploading = world.subject
    .upload(world.store, target, differently.body ?? source.body, {
      length,
      partSize,
      slots: plan.slots,
      budget,
      retry: AT_ONCE,
      signal: stop.signal,
      onProgress: (progress) => {
        loaded.push(progress.loaded);
        differently.onLoaded?.(progress.loaded);
      },
      leavePartsOnError: false,
      onCheckpoint: (token) => {
        tokens.push(JSON.parse(JSON.stringify(token)));
        differently.onToken?.();
      },
      ...differently.options,
    })
    .then((made) => {
      result = made;
    });
  const outcome: Outcome = new Outcome(uploading, () => world.story.push(`the upload is ${outcome.state}`));
  const abort = (reason: unknown) => {
    if (outcome.settled()) return;
    world.story.push("abort");
    world.failures.push(reason);
    stop.abort(reason);
  };
  return { target, bytes, source, outcome, budget, partSize, loaded, tokens, result: () => result, abort };
}

/** Plays it to where nothing more can happen. Whoever never ends has broken whatever law is asked. */
export async function play(world: World, plan: Plan, differently?: Differently): Promise<Run> {
  const run = start(world, plan, differently);
  if (!(await world.drive(run.outcome.settled))) world.breach("it never ends");
  return run;
}

/** As `play`, for an upload that has no reason to fail. */
export async function succeed(world: World, plan: Plan, differently?: Differently): Promise<Run> {
  const run = await play(world, plan, differently);
  const { state, reason } = run.outcome;
  if (state === "rejected") world.breach(`it fails with ${String(reason)}`);
  return run;
}

/** As `play`, for an upload that must fail, and of which nothing may remain. */
export async function failTraceless(world: World, plan: Plan, differently?: Differently): Promise<Run> {
  const run = await play(world, plan, differently);
  if (run.outcome.state === "fulfilled") world.breach("it succeeds");
  await world.expect(undefined);
  await world.expectNoLeftovers();
  if (run.budget.held !== 0) world.breach(`${run.budget.held} bytes of the budget are still held`);
  return run;
}
