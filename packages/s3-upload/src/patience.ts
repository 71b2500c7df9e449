import { CLEANUP_TIME } from "./abandon.js";

/**
 * Runs a request that makes something on the store which only its answer tells of, or tells to be there: cut off, it
 * would leave that behind unnoticed. So after an abort its answer is awaited, for as long as clearing up may take.
 */
export async function patiently<T>(
  signal: AbortSignal | undefined,
  request: (patience: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const patience = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const count = () => {
    timer = setTimeout(() => patience.abort(signal!.reason), CLEANUP_TIME);
  };
  signal?.addEventListener("abort", count, { once: true });
  try {
    return await request(patience.signal);
  } finally {
    signal?.removeEventListener("abort", count);
    clearTimeout(timer);
  }
}
