import type { ClientsConfig, Fates } from "./clients.js";
import { Program } from "./program.js";

/**
 * Runs all clients in a process of their own, outside of any limit.
 *
 * - **Order:** all at once.
 * - **Abort:** the process is stopped, and this rejects.
 * - **Errors:** if the process ended without a word.
 */
export async function runClients(
  program: string,
  config: ClientsConfig,
  signal: AbortSignal,
): Promise<Fates> {
  const clients = new Program([process.execPath, program, JSON.stringify(config)], signal);
  const fates = await clients.next<Fates>();
  const { said } = await clients.exit;
  if (fates === undefined) throw new Error(`the clients ended early: ${said}`);
  return fates;
}
