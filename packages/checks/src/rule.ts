/** One thing that is wrong: where it stands, what it is, and what to do about it. */
export interface Finding {
  /** A path from the root of the repo, with a line where there is one: `docs/a.md:12`. */
  readonly where: string;
  readonly what: string;
  readonly remedy: string;
}

export interface Report {
  /** How much was looked at, such as `"87 files"`: a rule that saw nothing has proved nothing. */
  readonly seen: string;
  readonly findings: readonly Finding[];
}

export interface Rule {
  readonly name: string;
  /** Judges the tree at `root`. With `write` it first brings up to date what is generated from code. */
  run(root: string, options: { readonly write: boolean }): Promise<Report>;
}

export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
