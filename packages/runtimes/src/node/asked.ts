import type { ServingRuntime, Verdict } from "../verdict.js";

/** A runtime that answers over HTTP, see `inside.ts`. */
export function askedAt(origin: string): Omit<ServingRuntime, "name" | "close"> {
  const ask = async (path: string, init?: RequestInit): Promise<Response> => {
    const response = await fetch(new URL(path, origin), init);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response;
  };
  const post = async (path: string, body?: unknown): Promise<unknown> =>
    (await ask(path, { method: "POST", body: JSON.stringify(body ?? null) })).json();
  const about = (server: unknown) => `server=${encodeURIComponent(JSON.stringify(server))}`;
  return {
    origin,
    titles: () => post("/titles") as Promise<string[]>,
    judge: (title) => post("/judge", title) as Promise<Verdict>,
    transfer: (name, server) => post(`/transfer/${name}?${about(server)}`),
    relay: (key, server, init) => ask(`/relay/${key}?${about(server)}`, init),
  };
}
