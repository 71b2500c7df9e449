import type { Sin } from "./sins.js";

//  reading ──the end──▶ over
//    └──failure, abort, cancel──▶ over

/** A body on its way to the client, which gives the permit back when it is over. */
export function outgoing(
  source: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  release: () => void,
  sin: Sin | undefined,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  const ahead = sin === "readsAheadOfTheClient" || sin === "releasesWithTheStore";
  let over = false;
  const end = (sinful?: Sin): boolean => {
    if (over) return false;
    over = true;
    if (sinful === undefined || sin !== sinful) release();
    if (sin === "releasesTwice") release();
    return true;
  };
  const leave = (reason: unknown): void => {
    if (sin !== "neverCancels") reader.cancel(reason).catch(() => {});
  };
  return new ReadableStream<Uint8Array>(
    {
      async start(controller) {
        signal.addEventListener("abort", () => {
          if (!end("keepsThePermitOnAbort")) return;
          controller.error(signal.reason);
          leave(signal.reason);
        });
        if (sin === "buffersGets") {
          const all: Uint8Array[] = [];
          for (let step = await reader.read(); !step.done; step = await reader.read()) all.push(step.value);
          for (const piece of all) controller.enqueue(piece);
        }
      },
      async pull(controller) {
        try {
          const step = await reader.read();
          if (over) return;
          if (!step.done) return controller.enqueue(step.value);
          controller.close();
          end();
        } catch (error) {
          end("keepsThePermitOfABrokenBody");
          throw error;
        }
      },
      cancel(reason) {
        end("keepsThePermitOnCancel");
        leave(reason);
      },
    },
    { highWaterMark: ahead ? 1_000 : 0 },
  );
}
