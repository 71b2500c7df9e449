import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { admit } from "@sluice/release";
import { releaseOnResponse } from "@sluice/release/node";
import type { MemoryBudget, WaitOptions } from "@sluice/semaphore";
import { opened } from "./frames.js";
import { WEIGHT } from "./weight.js";

/** The program with its governance left out, done wrong, and done. */
export type Variant = "none" | "handler" | "admit";

export interface Served {
  readonly path: string;
  readonly frames: number;
  readonly budget: MemoryBudget;
  /** Milliseconds that a request waits for its turn. */
  readonly patience: number;
  /** Milliseconds without one byte of progress, after which a client loses its answer. */
  readonly idle: number;
}

type Handler = (served: Served, response: ServerResponse) => Promise<void>;

/** Three times the same program. Nothing else differs between the three floods. */
export const VARIANTS: Readonly<Record<Variant, Handler>> = {
  async none({ path, frames }, response) {
    await send(opened(path, frames), response);
  },

  // The classic mistake: `finally` comes when the handler returns, and that is before the first byte was sent.
  async handler({ path, frames, budget, patience }, response) {
    const permit = await budget.acquire(WEIGHT, whileConnected(response, patience));
    try {
      send(opened(path, frames), response).catch(() => response.destroy());
    } finally {
      permit.release();
    }
  },

  async admit({ path, frames, budget, patience, idle }, response) {
    const waiting = whileConnected(response, patience);
    const body = await admit(budget, WEIGHT, () => opened(path, frames), waiting);
    // Who takes no byte for so long is reset. That ends the body as well, and so the permit is back.
    releaseOnResponse(response, () => undefined, { idleTimeout: idle });
    await send(body, response);
  },
};

const send = (body: AsyncIterable<Buffer>, response: ServerResponse): Promise<void> =>
  pipeline(body, response);

/** Who has hung up leaves the line as well. */
function whileConnected(response: ServerResponse, timeout: number): WaitOptions {
  const gone = new AbortController();
  response.once("close", () => gone.abort(new Error("the client has hung up")));
  return { signal: gone.signal, timeout };
}
