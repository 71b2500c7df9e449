import { settled } from "./clock.js";

/** So many collections in a row must find less than so many bytes. */
const QUIET = 8;
const NOISE = 1_000;

/**
 * The heap that one of so many takes, in bytes. What `prepare` makes is there before, what the function makes that it
 * gives counts; that function returns whatever keeps it alive.
 *
 * - **Order:** makes some first, so that code and hidden classes are not counted.
 * - **Abort:** cannot be stopped.
 * - **Errors:** those of what it is given; and if the process was started without `--expose-gc`.
 */
export async function bytesEach(
  count: number,
  prepare: (count: number) => () => Promise<object>,
): Promise<number> {
  await warmUp(prepare);
  const make = prepare(count);
  const before = await heapUsed();
  const kept = await make();
  const after = await heapUsed();
  // Read here, so that it cannot have been collected before.
  if (Object.keys(kept).length === 0) throw new Error("nothing was made");
  return (after - before) / count;
}

// A function of its own, so that nothing of what it made is alive when it has returned.
async function warmUp(prepare: (count: number) => () => Promise<object>): Promise<void> {
  await prepare(1_000)();
}

async function heapUsed(): Promise<number> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("start it with --expose-gc");
  // What weak references, finalizers and the start of the process hold goes with a later collection.
  let used = Number.POSITIVE_INFINITY;
  for (let quiet = 0; quiet < QUIET; ) {
    await settled();
    gc();
    const now = process.memoryUsage().heapUsed;
    quiet = now < used - NOISE ? 0 : quiet + 1;
    used = Math.min(used, now);
  }
  return used;
}
