import { retry } from "@sluice/object-store";
import type { Asking } from "./asking.js";
import { codeOf, RangeBeyondEndError } from "./errors.js";
import { type Extent, type OpenBody, openBody } from "./open-body.js";
import { type Begun, retrying } from "./range-read.js";

/** Asks for the first range of an object of which nothing is known yet, all of it or a range of it. */
export function firstAnswer(asking: Asking, asked: Extent, all: boolean): Promise<Begun> {
  return retry(
    async (tries) => ({ opened: await attempt(asking, asked, all), failures: tries - 1 }),
    retrying(asking, () => asked.start, asked.end),
  );
}

async function attempt(asking: Asking, asked: Extent, all: boolean): Promise<OpenBody> {
  try {
    return await openBody(asking, asked);
  } catch (error) {
    if (codeOf(error) !== "InvalidRange") throw error;
    if (!all) throw await beyondEnd(asking, asked.start, error);
    // An empty object has no first byte to ask for.
    const opened = await openBody(asking, { start: 0, end: Number.POSITIVE_INFINITY });
    if (opened.info.size === 0) return opened;
    opened.cancel(error);
    throw error;
  }
}

/** What is wrong with the range, with the object's size if the store tells it. */
async function beyondEnd(asking: Asking, start: number, cause: unknown): Promise<RangeBeyondEndError> {
  const info = await asking.head().catch(() => undefined);
  asking.signal.throwIfAborted();
  return new RangeBeyondEndError(start, info?.size, cause);
}
