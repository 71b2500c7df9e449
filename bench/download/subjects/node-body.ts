import { once } from "node:events";
import type { Readable } from "node:stream";

/**
 * Hands over every chunk as it comes.
 *
 * - **Order:** that of the body.
 * - **Abort:** none.
 * - **Errors:** the body's.
 */
export async function flowing(body: Readable, take: (chunk: Uint8Array) => void): Promise<void> {
  body.on("data", take);
  await once(body, "end");
}

/**
 * Takes one chunk.
 *
 * - **Order:** does not matter.
 * - **Abort:** what it returns ends the body.
 * - **Errors:** the body's.
 */
export async function stalled(body: Readable): Promise<() => void> {
  await once(body, "readable");
  body.read(1);
  return () => void body.destroy();
}
