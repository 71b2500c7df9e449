import { referenceClock } from "./reference-clock.js";
import { watchForLeaks } from "./reference-leaks.js";
import { type ReleaseSins, spent } from "./reference-sins.js";
import type { ReleaseLikeOptions } from "./subject.js";
import { isByteStream } from "./web-kinds.js";

/** A web stream, of bytes or not. */
export function web(
  source: ReadableStream<object>,
  once: () => void,
  sins: ReleaseSins,
  options: ReleaseLikeOptions,
): ReadableStream<object> {
  const ofBytes = isByteStream(source);
  const reader = source.getReader();
  const drained: Promise<object[]> | undefined = sins.whenSourceHasEnded ? drain(reader, once) : undefined;
  drained?.catch(() => {});
  const reading = { asked: false, waiting: false, over: false };
  let controller!: ReadableStreamDefaultController<object> | ReadableByteStreamController;
  let stop = () => {};
  const over = () => {
    reading.over = true;
    stop();
    forget();
    once();
  };
  const close = () => {
    const request = "byobRequest" in controller ? controller.byobRequest : null;
    if (request && sins.leavesReadsWaiting) return;
    controller.close();
    // A reader that waits with its own buffer hears of the end only by this.
    request?.respond(0);
  };
  const lose = (budget: string) => {
    if (reading.over) return;
    stop();
    reading.over = true;
    if (sins.endsInsteadOfFailing) close();
    else controller.error(spent(budget, sins));
    if (!sins.leavesStalledSourceRunning) reader.cancel(budget).catch(() => {});
    if (!sins.keepsThePermit) once();
  };
  const start = () => {
    stop = referenceClock(options, sins, reading, lose);
  };
  if (!sins.startsWithTheFirstRead) start();
  const wrapper = new ReadableStream<object>(
    {
      type: ofBytes !== !!sins.losesTheKind ? "bytes" : undefined,
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
          return chunk ? controller.enqueue(chunk as never) : close();
        }
        try {
          const { done, value } = await reader.read();
          if (reading.over) {
            if (sins.twiceWhenLeftWhileAsked) once();
            return;
          }
          if (done) {
            over();
            close();
          } else controller.enqueue((sins.copiesChunks ? { ...value } : value) as never);
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
