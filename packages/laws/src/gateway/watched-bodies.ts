import type { StreamedBody } from "../upload/bodies.js";
import type { Asked, Onlooker, Trouble } from "./onlooker.js";

/** A body on its way to or from the store. */
export interface Body {
  readonly asked: Asked;
  readonly trouble: Trouble | undefined;
  readonly onlooker: Onlooker;
  end(state: "over" | "stopped", why: string): void;
}

/** Bytes that may still go, and what becomes of them then. */
async function stuck({ trouble }: Body, gone: number): Promise<number> {
  if (trouble?.does !== "stall" && trouble?.does !== "cut") return Number.POSITIVE_INFINITY;
  if (gone < trouble.after) return trouble.after - gone;
  if (trouble.does === "cut") throw trouble.error();
  await (trouble.until ?? new Promise(() => {}));
  return Number.POSITIVE_INFINITY;
}

/** What the store reads: not a byte before it is its turn. */
export function watchedPut({ stream, length }: StreamedBody, body: Body): StreamedBody {
  const { asked, onlooker } = body;
  const reader = stream.getReader();
  const next = async () => {
    await onlooker.turn(`${asked.method} ${asked.nth} takes`);
    await stuck(body, asked.taken);
    return reader.read();
  };
  const tap = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        onlooker.onWaiting(true);
        const step = await next().finally(() => onlooker.onWaiting(false));
        if (asked.state === "stopped") return;
        if (step.done) return controller.close();
        asked.taken += step.value.length;
        onlooker.onTaken(asked, step.value.length);
        controller.enqueue(step.value.slice());
        // A store publishes at the last byte, and does not wait for what may come behind it.
        if (asked.taken === length) controller.close();
      },
      // What has failed meanwhile has nothing to be told.
      cancel: (reason) => reader.cancel(reason).catch(() => undefined),
    },
    { highWaterMark: 0 },
  );
  return { stream: tap, length };
}

/** What the store gives, in chunks as they are cut. */
export function watchedGet(
  source: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
  body: Body,
): ReadableStream<Uint8Array> {
  const { asked, onlooker, end } = body;
  const reader = source.getReader();
  let rest: Uint8Array = new Uint8Array(0);
  const leave = (reason: unknown) => reader.cancel(reason).catch(() => undefined);
  const ended = () => asked.state !== "answered";
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const stop = () => {
          if (ended()) return;
          end("stopped", "is aborted");
          void leave(signal?.reason);
          controller.error(signal?.reason);
        };
        if (signal?.aborted) queueMicrotask(stop);
        else signal?.addEventListener("abort", stop, { once: true });
      },
      async pull(controller) {
        await onlooker.turn(`get ${asked.nth} gives`);
        try {
          const most = Math.min(onlooker.cut(), await stuck(body, asked.given));
          while (rest.length === 0) {
            const reading = reader.read();
            onlooker.onWork(reading);
            const step = await reading;
            if (ended()) return;
            if (step.done) {
              end("over", "has been read");
              return controller.close();
            }
            rest = step.value.slice();
          }
          if (ended()) return;
          const chunk = rest.slice(0, most);
          rest = rest.slice(chunk.length);
          onlooker.onGiven(asked, chunk.length);
          asked.given += chunk.length;
          controller.enqueue(chunk);
        } catch (error) {
          if (ended()) return;
          end("over", "breaks off");
          void leave(error);
          throw error;
        }
      },
      cancel(reason) {
        end("stopped", "is cancelled");
        return leave(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
