import type { ByteRange, ObjectSource } from "@sluice/object-store";
import { Outcome } from "../read-slots/outcome.js";
import type { SemaphoreLike } from "../semaphore/subject.js";
import { content } from "../store/content.js";
import { AT_ONCE } from "../upload/run.js";
import { Consumer } from "./consumer.js";
import { capacityOf, type Plan } from "./plan.js";
import type { DownloadLikeOptions, DownloadResultLike } from "./subject.js";
import type { World } from "./world.js";

/** One download that has been started. */
export interface Run {
  /** What is to come. */
  readonly bytes: Uint8Array;
  /** The first byte of it in the object. */
  readonly start: number;
  readonly budget: SemaphoreLike;
  readonly opened: Outcome;
  readonly consumer: Consumer;
  result(): DownloadResultLike | undefined;
  /** It has failed, or its body has ended or failed. */
  readonly over: () => boolean;
  /** What it has failed with, before there was a body or later. */
  failure(): { readonly error: unknown } | undefined;
  abort(reason: unknown): void;
}

/** How a run differs from what the plan says by itself. */
export interface Differently {
  readonly source?: ObjectSource | undefined;
  readonly range?: ByteRange | undefined;
  readonly budget?: SemaphoreLike | undefined;
  /** After so many bytes, nobody asks for more. */
  readonly stopsAfter?: number | undefined;
  /** Milliseconds that pass before each of its first reads, which are enough to add up. */
  readonly pause?: number | undefined;
  readonly options?: Partial<DownloadLikeOptions> | undefined;
}

/** Puts the object there, and starts what the plan says. */
export async function start(world: World, plan: Plan, differently: Differently = {}): Promise<Run> {
  const { source = world.source, range, budget = world.budget(capacityOf(plan)) } = differently;
  const all = content(plan.size, plan.seed);
  await world.put(all, source);
  const { window, rangeSize, reader } = plan;
  const stop = new AbortController();
  const consumer = new Consumer(world, reader, differently.stopsAfter, differently.pause);
  let result: DownloadResultLike | undefined;
  world.story.push(
    `an object of ${plan.size} bytes${range ? `, of which ${range.start} to ${range.end ?? "the end"}` : ""}, ` +
      `in ${window} ranges of ${rangeSize}, a budget of ${budget.capacity}, ${said(reader.buffers)}`,
  );
  const opening = world.subject.download(world.store, source, {
    ...{ range, window, rangeSize, budget, integrity: "none", retry: AT_ONCE, signal: stop.signal },
    ...differently.options,
  });
  const opened: Outcome = new Outcome(
    opening.then((made) => {
      result = made;
      consumer.read(made.body);
    }),
    () => world.story.push(`the download is ${opened.state}`),
  );
  return {
    bytes: range ? all.slice(range.start, (range.end ?? plan.size) + 1) : all,
    start: range?.start ?? 0,
    budget,
    opened,
    consumer,
    result: () => result,
    over: () => opened.state === "rejected" || consumer.ended !== undefined,
    failure: () => {
      if (opened.state === "rejected") return { error: opened.reason };
      return typeof consumer.ended === "object" ? consumer.ended : undefined;
    },
    abort: (reason) => {
      world.story.push("abort");
      stop.abort(reason);
    },
  };
}

const said = (buffers: readonly number[]) =>
  buffers.length === 0 ? "read chunk by chunk" : `read into buffers of ${buffers.join(", ")}`;

/** Plays it to where nothing more can happen. Whoever never ends has broken whatever law is asked. */
export async function play(world: World, plan: Plan, differently?: Differently): Promise<Run> {
  const run = await start(world, plan, differently);
  if (!(await world.drive(run.over))) world.breach("it never ends");
  await world.idle();
  world.expectNothingLeft();
  const came = run.consumer.came();
  const wrong = came.findIndex((byte, i) => byte !== run.bytes[i]);
  if (came.length > run.bytes.length)
    world.breach(`${came.length} bytes came instead of ${run.bytes.length}`);
  else if (wrong >= 0) world.breach(`byte ${wrong} is ${came[wrong]} instead of ${run.bytes[wrong]}`);
  else if (run.failure() === undefined && came.length < run.bytes.length)
    world.breach(`it ends after ${came.length} of ${run.bytes.length} bytes`);
  return run;
}

/** As `play`, for a download that has no reason to fail. */
export async function succeed(world: World, plan: Plan, differently?: Differently): Promise<Run> {
  const run = await play(world, plan, differently);
  const failure = run.failure();
  if (failure) world.breach(`it fails with ${String(failure.error)}`);
  return run;
}

/** As `play`, for a download that must fail. */
export async function fail(world: World, plan: Plan, differently?: Differently): Promise<Run> {
  const run = await play(world, plan, differently);
  if (!run.failure()) world.breach("it succeeds");
  return run;
}
