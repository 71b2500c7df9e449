import { Breach, Counterexample, LawBrokenError } from "@sluice/laws";
import { TRIALS } from "./trials.js";
import type { Verdict } from "./verdict.js";

/**
 * Holds a trial in this very runtime.
 *
 * - **Order:** one at a time: a rejection that nobody handles counts against the trial that is being held.
 * - **Abort:** cannot be stopped.
 * - **Errors:** none: whatever goes wrong is a verdict.
 */
export async function judge(title: string): Promise<Verdict> {
  const trial = TRIALS.find((one) => one.title === title);
  if (trial === undefined) return { outcome: "failed", says: `there is no trial "${title}"` };
  const unhandled: unknown[] = [];
  const onUnhandled = (event: Event) => {
    if (!event.defaultPrevented) unhandled.push((event as PromiseRejectionEvent).reason);
  };
  addEventListener("unhandledrejection", onUnhandled);
  try {
    const schedules = await trial.run();
    // What nobody has handled is told in a later turn of the event loop.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (unhandled.length > 0) return { outcome: "failed", says: `nobody handled: ${told(unhandled[0])}` };
    return { outcome: "kept", says: `${schedules} schedules` };
  } catch (error) {
    return verdictOf(error);
  } finally {
    removeEventListener("unhandledrejection", onUnhandled);
  }
}

export const titles = (): string[] => TRIALS.map(({ title }) => title);

// A check that cannot be carried out here rejects too, and convicts nobody: only a breach of the law does.
function verdictOf(error: unknown): Verdict {
  const found = error instanceof LawBrokenError ? error.cause : error;
  const breach = found instanceof Counterexample ? found.cause : found;
  return { outcome: breach instanceof Breach ? "broken" : "failed", says: told(error) };
}

const told = (error: unknown): string =>
  error instanceof Error
    ? [error.message, error.stack, error.cause && told(error.cause)].join("\n")
    : `${error}`;
