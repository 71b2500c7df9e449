import { Breach, Counterexample, LawBrokenError } from "@sluice/laws";
import { TRIALS } from "./trials.js";
import { hearUncaught } from "./uncaught.js";
import type { Verdict } from "./verdict.js";

/**
 * Holds a trial in this very runtime.
 *
 * - **Order:** one at a time: an error that nobody catches counts against the trial that is being held.
 * - **Abort:** cannot be stopped.
 * - **Errors:** none: whatever goes wrong is a verdict.
 */
export async function judge(title: string): Promise<Verdict> {
  const trial = TRIALS.find((one) => one.title === title);
  if (trial === undefined) return { outcome: "failed", says: `there is no trial "${title}"` };
  const uncaught = hearUncaught();
  try {
    const schedules = await trial.run();
    // A browser tells what nobody has handled in a turn of the event loop that may come after a timer's.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
    const [first] = uncaught.heard();
    if (uncaught.heard().length > 0) return { outcome: "failed", says: `nobody has caught: ${told(first)}` };
    return { outcome: "kept", says: `${schedules} schedules` };
  } catch (error) {
    return verdictOf(error);
  } finally {
    uncaught.stop();
  }
}

export const titles = (): string[] => TRIALS.map(({ title }) => title);

// A check that cannot be carried out here rejects too, and convicts nobody: only a breach of the law does.
function verdictOf(error: unknown): Verdict {
  const found = error instanceof LawBrokenError ? error.cause : error;
  const breach = found instanceof Counterexample ? found.cause : found;
  return { outcome: breach instanceof Breach ? "broken" : "failed", says: told(error) };
}

/** An error with all of its causes. */
export const told = (error: unknown): string =>
  error instanceof Error
    ? [error.message, error.stack, error.cause && told(error.cause)].join("\n")
    : `${error}`;
