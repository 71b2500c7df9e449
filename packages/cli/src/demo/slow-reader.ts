import { setTimeout as wait } from "node:timers/promises";

/**
 * Reads a stream at no more than a given speed, in bytes per second, and awaits `take` for each chunk.
 *
 * - **Order:** that of the stream.
 * - **Abort:** rejects with `signal.reason`; the stream is cancelled.
 * - **Errors:** the stream's own, and those of `take`.
 */
export async function readSlowly(
  body: ReadableStream<Uint8Array>,
  speed: number,
  take: (chunk: Uint8Array) => void,
  signal: AbortSignal,
): Promise<void> {
  const start = performance.now();
  let taken = 0;
  for await (const chunk of body) {
    take(chunk);
    taken += chunk.byteLength;
    const ahead = (taken / speed) * 1000 - (performance.now() - start);
    // Timers have a grain of a millisecond: many short waits would be slower than the speed asked for.
    if (ahead < 5) continue;
    await wait(ahead, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
