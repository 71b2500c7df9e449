import type { ServerResponse } from "node:http";

/**
 * Calls `release` once, when the last byte of the response has left the process, or the peer is gone.
 *
 * `finish` comes when the last byte was handed to the operating system; `close` without it, when it never will be.
 */
export function releaseOnResponse(response: ServerResponse, release: () => void): void {
  const ended = (): void => {
    response.off("finish", ended);
    response.off("close", ended);
    release();
  };
  if (response.writableFinished || response.destroyed) ended();
  else response.once("finish", ended).once("close", ended);
}
