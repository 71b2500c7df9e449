import type { IncomingMessage, ServerResponse } from "node:http";

/** Bytes that are worth reading for nothing, so that the connection can be used again. */
const SMALL = 256 * 1024;
/** Bytes and milliseconds that are spent on a connection which is given up. */
const MOST_LINGERING = 8 * 2 ** 20;
const LONGEST_LINGERING = 5_000;

/** Whether a body that nobody wants is little enough to be read to its end. */
export function isSmall({ complete, headers }: IncomingMessage): boolean {
  if (complete) return true;
  return headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) <= SMALL;
}

/**
 * Takes and drops what is left of a body, after which the connection is kept or closed.
 *
 * Closing at once would reset the connection, and the reset may overtake the answer.
 */
export function dropRest(incoming: IncomingMessage, outgoing: ServerResponse, keep: boolean): void {
  incoming.resume();
  if (incoming.complete && keep) return;
  const { socket } = incoming;
  const deadline = setTimeout(() => socket.destroy(), LONGEST_LINGERING);
  let bytes = 0;
  incoming.on("data", (chunk: Uint8Array) => {
    bytes += chunk.length;
    if (bytes > MOST_LINGERING) socket.destroy();
  });
  const close = (): unknown => socket.destroy();
  incoming.once("end", () => {
    clearTimeout(deadline);
    if (keep) return;
    if (outgoing.writableFinished) close();
    else outgoing.once("finish", close);
  });
  socket.once("close", () => clearTimeout(deadline));
}
