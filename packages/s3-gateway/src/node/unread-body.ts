import type { IncomingMessage } from "node:http";

/** Bytes that are worth reading for nothing, so that the connection can be used again. */
const SMALL = 256 * 1024;
/** Milliseconds that are spent on a body which nobody wants. */
const LONGEST_LINGERING = 5_000;

/** Whether a body that nobody wants is little enough to be read to its end. */
export function isSmall({ complete, headers }: IncomingMessage): boolean {
  if (complete) return true;
  return headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) <= SMALL;
}

/**
 * Takes and drops what is left of a body. Resolves when nothing more comes; who goes on for too long is cut off.
 *
 * A connection that is closed with bytes unread is reset, and the reset overtakes the answer: a client that sends
 * 5 GiB with a wrong key would hear of a broken connection, try again, and never learn why.
 */
export function dropRest(incoming: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    if (incoming.complete || incoming.destroyed) {
      incoming.resume();
      return resolve();
    }
    const deadline = setTimeout(() => incoming.socket.destroy(), LONGEST_LINGERING);
    const done = (): void => {
      clearTimeout(deadline);
      resolve();
    };
    incoming.once("end", done).once("close", done).resume();
  });
}
