import type fc from "fast-check";

/** One thing that is fed with what nobody should send. */
export interface FuzzTarget {
  readonly name: string;
  /** How many inputs cost about as much as those of the others. */
  readonly runs: number;
  /** Makes what the inputs need, and the property that they must have. */
  open(): Promise<{ readonly property: fc.IAsyncProperty<unknown>; close(): Promise<void> }>;
}

/** Runs something that may refuse its input, but only in the words of S3. */
export async function refusalOf(run: () => unknown): Promise<string | undefined> {
  try {
    await run();
  } catch (error) {
    const { name, code, status } = error as { name?: unknown; code?: unknown; status?: unknown };
    if (name !== "S3Error" || typeof code !== "string" || typeof status !== "number") throw error;
    if (status >= 500 && status !== 501) throw error;
    return code;
  }
  return undefined;
}

export function demand(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}
