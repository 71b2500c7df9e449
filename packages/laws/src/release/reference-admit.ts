import { referenceRelease } from "./reference.js";
import type { AdmitLike } from "./subject.js";

/** What a small wrong `admit` does wrong. */
export interface OpeningSins {
  leaksOnFailingOpen?: boolean;
  leaksOnThrow?: boolean;
  leaksOnNoStream?: boolean;
  givesBackLate?: boolean;
  opensFirst?: boolean;
}

/** Admission in its most obvious form; with a sin, in one of its wrong ones. */
export const sinfulAdmit =
  (sins: OpeningSins): AdmitLike =>
  async (semaphore, weight, open) => {
    const early = sins.opensFirst ? open() : undefined;
    const permit = await semaphore.acquire(weight);
    const giveBack = () => permit.release();
    let opening: ReturnType<typeof open>;
    try {
      opening = early ?? open();
    } catch (error) {
      if (!sins.leaksOnThrow && !sins.leaksOnFailingOpen) giveBack();
      throw error;
    }
    let stream: Awaited<typeof opening>;
    try {
      stream = await opening;
    } catch (error) {
      if (sins.givesBackLate) setTimeout(giveBack, 0);
      else if (!sins.leaksOnFailingOpen) giveBack();
      throw error;
    }
    if (!isStream(stream)) {
      if (!sins.leaksOnNoStream) giveBack();
      throw new TypeError("that is no stream");
    }
    return referenceRelease(stream, giveBack);
  };

/** The obvious implementation, without a sin. */
export const referenceAdmit: AdmitLike = sinfulAdmit({});

const isStream = (it: unknown): boolean =>
  it instanceof ReadableStream || (typeof it === "object" && it !== null && Symbol.asyncIterator in it);
