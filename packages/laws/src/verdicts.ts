import type { Law, LawId } from "./law.js";

/** Thrown inside a schedule: what was wrong, and what had happened until then. */
export class Breach extends Error {
  override readonly name = "Breach";
  /** The commands and what came of them, one line each. */
  readonly story: readonly string[];
  constructor(what: string, story: readonly string[]) {
    super(what);
    this.story = story;
  }
}

/** The smallest schedule that was found to break a law. `code` is `ERR_COUNTEREXAMPLE`. */
export class Counterexample extends Error {
  override readonly name = "Counterexample";
  readonly code = "ERR_COUNTEREXAMPLE";
  readonly story: readonly string[];
  /** Run the law with this seed to see the same schedules again. */
  readonly seed: number;
  /** How many schedules went well before. */
  readonly after: number;
  constructor(breach: unknown, facts: { seed: number; after: number; shown: string }) {
    const story = breach instanceof Breach ? breach.story : [facts.shown];
    super(breach instanceof Error ? breach.message : String(breach), { cause: breach });
    this.story = story;
    this.seed = facts.seed;
    this.after = facts.after;
  }
}

/** A subject breaks a law. `code` is `ERR_LAW_BROKEN`; the cause is what the check threw. */
export class LawBrokenError extends Error {
  override readonly name = "LawBrokenError";
  readonly code = "ERR_LAW_BROKEN";
  readonly id: LawId;
  readonly says: string;
  readonly hint: string;
  readonly seed: number;
  /** The shrunk schedule: commands and what came of them, one line each. */
  readonly story: readonly string[];
  constructor(law: Pick<Law<never>, "id" | "says" | "hint">, seed: number, cause: unknown) {
    const story = cause instanceof Counterexample ? cause.story : [];
    const lines = [
      `${law.id}: ${law.says}`,
      `broken: ${cause instanceof Error ? cause.message : String(cause)}`,
      ...(story.length > 0 ? ["by this schedule:", ...story.map((line) => `  ${line}`)] : []),
      `again: run({ seed: ${seed} })`,
      `if this fails, look at ${law.hint}`,
    ];
    super(lines.join("\n"), { cause });
    this.id = law.id;
    this.says = law.says;
    this.hint = law.hint;
    this.seed = seed;
    this.story = story;
  }
}

/** A law was run that gives no verdict here: it is waived or has no check. `code` is `ERR_NO_VERDICT`. */
export class NoVerdictError extends Error {
  override readonly name = "NoVerdictError";
  readonly code = "ERR_NO_VERDICT";
  readonly id: LawId;
  readonly reason: string;
  constructor(id: LawId, reason: string) {
    super(`${id} was not judged: ${reason}`);
    this.id = id;
    this.reason = reason;
  }
}

/** A waiver for a law that the subject does not have, or one without a reason. `code` is `ERR_BAD_WAIVER`. */
export class BadWaiverError extends Error {
  override readonly name = "BadWaiverError";
  readonly code = "ERR_BAD_WAIVER";
  readonly id: string;
  constructor(id: string, why: string) {
    super(`the waiver of ${id} ${why}`);
    this.id = id;
  }
}
