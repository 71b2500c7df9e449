import { type ObjectSource, type ObjectStore, retry } from "@sluice/object-store";
import { check, checkOf, LONGEST_TIMER, openFirst, sizeOf } from "./download.js";
import type { Asking, OpenBody } from "./open-body.js";
import { ScatteredRanges } from "./scattered-ranges.js";
import { LANE, lengthOf, type ScatteredOptions } from "./scattering.js";

/**
 * Asks for an object whose bytes are to be read in any order.
 *
 * - **Order:** the waits for the budget come in the order of the calls.
 * - **Abort:** rejects with `signal.reason`; nothing is held.
 * - **Errors:** those of `download`.
 *
 * @internal
 */
export async function openScattered(
  store: ObjectStore,
  source: ObjectSource,
  options: ScatteredOptions,
): Promise<ScatteredRanges> {
  const { budget, window = 4, integrity = "if-present", signal, idleTimeout } = options;
  const rangeSize = sizeOf(options.rangeSize);
  check("window", window, 1);
  if (idleTimeout !== undefined) check("idleTimeout", idleTimeout, 1, LONGEST_TIMER);

  const stop = new AbortController();
  const onAbort = () => stop.abort(signal?.reason);
  const onEnd = () => signal?.removeEventListener("abort", onAbort);
  const asking: Asking = { store, source, signal: stop.signal, idleTimeout };
  const length = lengthOf(rangeSize, { rangeSize, budget });
  const permit = options.head ? undefined : await budget?.acquire(Math.min(length, LANE), { signal });
  let body: OpenBody | undefined;
  try {
    signal?.throwIfAborted();
    signal?.addEventListener("abort", onAbort, { once: true });
    const retrying = { ...options.retry, signal: stop.signal };
    if (!options.head)
      body = await retry(() => openFirst(asking, { start: 0, end: length - 1 }, true), retrying);
    const info = body?.info ?? (await retry(() => store.head(source, { signal: stop.signal }), retrying));
    const known = body?.info ?? { ...info, range: { start: 0, end: info.size - 1 } };
    const checked = integrity !== "none" && info.size > 0;
    const byteCheck = checked ? await checkOf(asking, known, integrity, retrying) : undefined;
    stop.signal.throwIfAborted();
    return new ScatteredRanges({
      asking,
      info,
      checksum: byteCheck?.expected,
      stop: (reason) => stop.abort(reason),
      retry: options.retry ?? {},
      rangeSize,
      window,
      budget,
      first: body && { body, permit },
      onEnd,
    });
  } catch (error) {
    body?.cancel(error);
    onEnd();
    permit?.release();
    throw error;
  }
}
