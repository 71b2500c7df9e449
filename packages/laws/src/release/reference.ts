import type { ReleaseOnEndLike } from "./subject.js";

/** What a small wrong implementation does wrong. */
export interface ReleaseSins {
  neverOnError?: boolean;
  neverOnLeave?: boolean;
  onErrorAndAgainWhenLeft?: boolean;
  neverWhenLoopIsLeft?: boolean;
  whenOpened?: boolean;
  whenSourceHasEnded?: boolean;
  readsAhead?: boolean;
  wrapsErrors?: boolean;
  copiesChunks?: boolean;
  losesTheKind?: boolean;
  leavesSourceRunning?: boolean;
  cancelsWithoutReason?: boolean;
}

/**
 * Release on end in its most obvious form, for default web streams and async iterables; with a sin, in one of
 * its wrong ones.
 */
export const sinfulRelease =
  (sins: ReleaseSins): ReleaseOnEndLike =>
  (stream, release) => {
    let held = true;
    const once = () => {
      if (held || sins.onErrorAndAgainWhenLeft) release();
      held = false;
    };
    if (sins.whenOpened) once();
    return (
      stream instanceof ReadableStream ? web(stream, once, sins) : iterable(stream as never, once, sins)
    ) as typeof stream;
  };

/** The obvious implementation, without a sin. */
export const referenceRelease: ReleaseOnEndLike = sinfulRelease({});

function web(source: ReadableStream<object>, once: () => void, sins: ReleaseSins): ReadableStream<object> {
  const reader = source.getReader();
  const drained: Promise<object[]> | undefined = sins.whenSourceHasEnded ? drain(reader, once) : undefined;
  drained?.catch(() => {});
  return new ReadableStream<object>(
    {
      type: sins.losesTheKind ? "bytes" : undefined,
      async pull(controller) {
        const chunks = await drained;
        if (chunks) {
          const chunk = chunks.shift();
          return chunk ? controller.enqueue(chunk) : controller.close();
        }
        try {
          const { done, value } = await reader.read();
          if (done) {
            once();
            controller.close();
          } else controller.enqueue(sins.copiesChunks ? { ...value } : value);
        } catch (error) {
          if (!sins.neverOnError) once();
          throw sins.wrapsErrors ? new Error("the source has failed", { cause: error }) : error;
        }
      },
      async cancel(reason) {
        if (!sins.leavesSourceRunning) await reader.cancel(sins.cancelsWithoutReason ? undefined : reason);
        if (!sins.neverOnLeave) once();
      },
    } as UnderlyingDefaultSource<object>,
    { highWaterMark: sins.readsAhead ? 1 : 0 },
  );
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
