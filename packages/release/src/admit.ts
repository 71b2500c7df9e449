import type { Ending } from "./ending.js";
import { Hold } from "./hold.js";
import type { ReleaseOptions } from "./options.js";
import { releaseOnEnd } from "./release-on-end.js";

/** What `admit` needs of a semaphore: `@sluice/semaphore` has it, and so may others. */
export interface Admitting<Options> {
  acquire(weight: number, options?: Options): Promise<{ release(): void }>;
}

/** How long to wait for admission, and how long to stay. */
export interface AdmitOptions extends ReleaseOptions {
  /** When it aborts, the wait rejects with `signal.reason`. Pass it to what you open as well. */
  signal?: AbortSignal | undefined;
  /** Milliseconds to wait at the most. */
  timeout?: number | undefined;
}

/**
 * Takes a permit, opens a stream, and gives the permit back when that stream has ended, failed or been left.
 *
 * What is piped into the response of a Node server has left the stream before it has left the process: for that,
 * give the permit to `releaseOnResponse` of `@sluice/release/node`.
 *
 * - **Order:** that of the semaphore.
 * - **Abort:** ends the wait with `signal.reason`; nothing was opened.
 * - **Errors:** `ERR_INVALID_VALUE` before anything is taken; those of `acquire`; whatever `open` throws, or what
 *   `releaseOnEnd` throws at what it returns, with the permit back before it surfaces.
 *
 * @example
 * ```ts
 * const response = await admit(budget, 256 * 1024, () => fetch(url), { timeout: 5_000, lifetime: 60_000 });
 * ```
 */
export async function admit<S extends Ending>(
  semaphore: Admitting<AdmitOptions>,
  weight: number,
  open: () => S | PromiseLike<S>,
  options?: AdmitOptions,
): Promise<S> {
  // First, as it refuses options that make no sense.
  const hold = new Hold(() => permit.release(), options);
  const permit = await semaphore.acquire(weight, options);
  try {
    return releaseOnEnd(await open(), () => hold.release(), options);
  } catch (cause) {
    hold.release();
    throw cause;
  }
}
