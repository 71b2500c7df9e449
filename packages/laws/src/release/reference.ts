import { type ClockSins, referenceClock } from "./reference-clock.js";
import { type LeakSins, watchForLeaks } from "./reference-leaks.js";
import type { ReleaseLikeOptions, ReleaseOnEndLike } from "./subject.js";

/** What a small wrong implementation does wrong. */
export interface ReleaseSins extends ClockSins, LeakSins {
  neverOnError?: boolean;
  neverOnLeave?: boolean;
  onErrorAndAgainWhenLeft?: boolean;
  neverWhenLoopIsLeft?: boolean;
  twiceWhenLeftWhileAsked?: boolean;
  whenOpened?: boolean;
  whenSourceHasEnded?: boolean;
  readsAhead?: boolean;
  wrapsErrors?: boolean;
  copiesChunks?: boolean;
  losesTheKind?: boolean;
  leavesSourceRunning?: boolean;
  cancelsWithoutReason?: boolean;
  keepsThePermit?: boolean;
  endsInsteadOfFailing?: boolean;
  failsWithAnyError?: boolean;
  leavesStalledSourceRunning?: boolean;
  startsWithTheFirstRead?: boolean;
  letsReleaseThrow?: boolean;
  swallowsFaults?: boolean;
}

/**
 * Release on end in its most obvious form, for default web streams and async iterables; with a sin, in one of
 * its wrong ones.
 */
export const sinfulRelease =
  (sins: ReleaseSins): ReleaseOnEndLike =>
  (stream, release, options = {}) => {
    let held = true;
    const once = () => {
      if (held || sins.onErrorAndAgainWhenLeft || sins.twiceWhenLeftWhileAsked) report(release, sins);
      held = false;
    };
    if (sins.whenOpened) once();
    return (
      stream instanceof ReadableStream
        ? web(stream, once, sins, options)
        : iterable(stream as never, once, sins)
    ) as typeof stream;
  };

/** The obvious implementation, without a sin. */
export const referenceRelease: ReleaseOnEndLike = sinfulRelease({});

function report(release: () => void, sins: ReleaseSins): void {
  try {
    release();
  } catch (error) {
    if (sins.letsReleaseThrow) throw error;
    if (sins.swallowsFaults) return;
    queueMicrotask(() => {
      throw error;
    });
  }
}

function web(
  source: ReadableStream<object>,
  once: () => void,
  sins: ReleaseSins,
  options: ReleaseLikeOptions,
): ReadableStream<object> {
  const reader = source.getReader();
  const drained: Promise<object[]> | undefined = sins.whenSourceHasEnded ? drain(reader, once) : undefined;
  drained?.catch(() => {});
  const reading = { asked: false, waiting: false, over: false };
  let controller!: ReadableStreamDefaultController<object>;
  let stop = () => {};
  const over = () => {
    reading.over = true;
    stop();
    forget();
    once();
  };
  const lose = (budget: string) => {
    if (reading.over) return;
    stop();
    reading.over = true;
    if (sins.endsInsteadOfFailing) controller.close();
    else {
      controller.error(
        Object.assign(new Error(`${budget} is spent`), sins.failsWithAnyError ? {} : { code: "ERR_STALLED" }),
      );
    }
    if (!sins.leavesStalledSourceRunning) reader.cancel(budget).catch(() => {});
    if (!sins.keepsThePermit) once();
  };
  const start = () => {
    stop = referenceClock(options, sins, reading, lose);
  };
  if (!sins.startsWithTheFirstRead) start();
  const wrapper = new ReadableStream<object>(
    {
      type: sins.losesTheKind ? "bytes" : undefined,
      start(made: ReadableStreamDefaultController<object>) {
        controller = made;
      },
      async pull() {
        if (sins.startsWithTheFirstRead && !reading.asked) start();
        reading.asked = true;
        reading.waiting = true;
        const chunks = await drained;
        if (chunks) {
          const chunk = chunks.shift();
          return chunk ? controller.enqueue(chunk) : controller.close();
        }
        try {
          const { done, value } = await reader.read();
          if (reading.over) {
            if (sins.twiceWhenLeftWhileAsked) once();
            return;
          }
          if (done) {
            over();
            controller.close();
          } else controller.enqueue(sins.copiesChunks ? { ...value } : value);
        } catch (error) {
          if (reading.over) return;
          if (!sins.neverOnError) over();
          throw sins.wrapsErrors ? new Error("the source has failed", { cause: error }) : error;
        } finally {
          reading.waiting = false;
        }
      },
      async cancel(reason: unknown) {
        reading.over = true;
        stop();
        if (!sins.leavesSourceRunning) await reader.cancel(sins.cancelsWithoutReason ? undefined : reason);
        if (!sins.neverOnLeave) over();
      },
    } as UnderlyingDefaultSource<object>,
    { highWaterMark: sins.readsAhead ? 1 : 0 },
  );
  const forget = watchForLeaks(wrapper, reader, once, sins, options);
  return wrapper;
}

async function drain(reader: ReadableStreamDefaultReader<object>, once: () => void): Promise<object[]> {
  const chunks: object[] = [];
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) chunks.push(step.value);
  } finally {
    once();
  }
  return chunks;
}

function iterable(source: AsyncIterable<object>, once: () => void, sins: ReleaseSins): AsyncIterable<object> {
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = source[Symbol.asyncIterator]();
      return {
        async next() {
          try {
            const step = await iterator.next();
            if (step.done) once();
            return step;
          } catch (error) {
            once();
            throw error;
          }
        },
        async return(value?: unknown) {
          await iterator.return?.(value);
          if (!sins.neverWhenLoopIsLeft) once();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
