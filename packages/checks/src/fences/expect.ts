import { inspect, isDeepStrictEqual } from "node:util";

/** An example that does not do what its page says. */
export class WrongExample extends Error {
  override readonly name = "WrongExample";
  /** Of the page. */
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

export function same(actual: unknown, expected: () => unknown, line: number): void {
  const wanted = expected();
  if (isDeepStrictEqual(actual, wanted)) return;
  throw new WrongExample(`the page says ${shown(wanted)}, but it is ${shown(actual)}`, line);
}

export async function fails(attempt: () => Promise<unknown>, code: string, line: number): Promise<void> {
  let outcome: unknown;
  try {
    outcome = await attempt();
  } catch (error) {
    const { code: itsCode, name } = Object(error) as { code?: unknown; name?: unknown };
    if (itsCode === code || name === code) return;
    throw new WrongExample(`the page says that it throws ${code}, but it threw ${shown(error)}`, line);
  }
  throw new WrongExample(`the page says that it throws ${code}, but it gave ${shown(outcome)}`, line);
}

const shown = (value: unknown) => inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY });
