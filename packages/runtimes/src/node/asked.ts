import type { Runtime, Verdict } from "../verdict.js";

/** A runtime that answers over HTTP, see `inside.ts`. */
export function askedAt(origin: string): Pick<Runtime, "titles" | "judge"> {
  const ask = async (path: string, body?: unknown): Promise<unknown> => {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(new URL(path, origin), init);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };
  return {
    titles: () => ask("/titles") as Promise<string[]>,
    judge: (title) => ask("/judge", title) as Promise<Verdict>,
  };
}
