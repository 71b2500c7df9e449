import { join } from "node:path";
import { Program } from "../flood/program.js";
import type { ClientConfig, Figures } from "./client.js";
import type { Listening, Served } from "./server.js";

/** What one pass asks of the two processes. */
export interface Pass extends Omit<ClientConfig, "endpoint" | "digest"> {
  /** Bytes a second of each connection; 0 for as many as it takes. */
  readonly rate: number;
}

/**
 * Downloads once, in a process of its own, from a server that is another one.
 *
 * - **Order:** one at a time, or they take each other's processor.
 * - **Abort:** both processes are stopped, and this rejects.
 * - **Errors:** if a process ended without a word.
 */
export async function pass(
  folder: string,
  { rate, ...rest }: Pass,
  signal: AbortSignal,
): Promise<Figures & Served> {
  const { deadline, stall, subject } = rest;
  const config = JSON.stringify({ rate, deadline: deadline + 5_000 });
  const server = new Program([process.execPath, join(folder, "server.mjs"), config], signal);
  try {
    const listening = await server.next<Listening>();
    if (listening === undefined) throw new Error(`the server did not start: ${(await server.exit).said}`);
    const flags = stall > 0 ? ["--expose-gc"] : [];
    const asked: ClientConfig = { ...rest, ...listening };
    const client = new Program(
      [process.execPath, ...flags, join(folder, "client.mjs"), JSON.stringify(asked)],
      signal,
    );
    const figures = await client.next<Figures>();
    const { said } = await client.exit;
    if (figures === undefined) throw new Error(`${subject} ended early: ${said}`);
    server.end();
    const served = await server.next<Served>();
    if (served === undefined) throw new Error(`the server ended early: ${(await server.exit).said}`);
    return { ...figures, ...served };
  } finally {
    server.end();
    await server.exit;
  }
}
