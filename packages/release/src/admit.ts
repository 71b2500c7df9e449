import type { Ending } from "./ending.js";
import { releaseOnEnd } from "./release-on-end.js";

/** What `admit` needs of a semaphore: `@sluice/semaphore` has it, and so may others. */
export interface Admitting<Options> {
  acquire(weight: number, options?: Options): Promise<{ release(): void }>;
}

/** How long to wait for admission. */
export interface AdmitOptions {
  /** When it aborts, the wait rejects with `signal.reason`. Pass it to what you open as well. */
  signal?: AbortSignal | undefined;
  /** Milliseconds to wait at the most. */
  timeout?: number | undefined;
}

/**
 * Takes a permit, opens a stream, and gives the permit back when that stream has ended, failed or been left.
 *
 * - **Order:** that of the semaphore.
 * - **Abort:** ends the wait with `signal.reason`; nothing was opened.
 * - **Errors:** those of `acquire`; whatever `open` throws, with the permit back before it surfaces.
 *
 * @example
 * ```ts
 * const response = await admit(budget, 256 * 1024, () => fetch(url), { timeout: 5_000 });
 * ```
 */
export async function admit<S extends Ending>(
  semaphore: Admitting<AdmitOptions>,
  weight: number,
  open: () => S | PromiseLike<S>,
  options?: AdmitOptions,
): Promise<S> {
  const permit = await semaphore.acquire(weight, options);
  try {
    return releaseOnEnd(await open(), () => permit.release());
  } catch (cause) {
    permit.release();
    throw cause;
  }
}
