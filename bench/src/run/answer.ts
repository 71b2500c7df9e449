/** What the process that measures a cell says. */
export interface Answer {
  readonly figure: number;
}

/** What came out for a cell in one round. */
export type Outcome = Answer | { readonly tooSlow: true } | { readonly failed: string };
