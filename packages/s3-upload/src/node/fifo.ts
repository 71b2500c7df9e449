import { close, constants, open, type PathLike } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";

//  opening ──a writer comes──▶ open ──read to its end, destroyed──▶ closed
//     └─────abort──▶ given up: a writer of our own ends the wait, which nothing else would
//
//  A plain file stream would read it on a thread that a silent writer holds for ever. A socket waits without one.

/**
 * Opens a named pipe.
 *
 * - **Order:** none.
 * - **Abort:** rejects with `signal.reason`, also while no writer has come.
 * - **Errors:** those of the system.
 */
export function openFifo(path: PathLike, signal: AbortSignal | undefined): Promise<Readable> {
  return new Promise((resolve, reject) => {
    let waiting = true;
    const onAbort = () => {
      reject(signal!.reason);
      comeAndGo(path, () => waiting);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    open(path, "r", (failure, fd) => {
      waiting = false;
      signal?.removeEventListener("abort", onAbort);
      if (failure !== null) reject(failure);
      else if (signal?.aborted) close(fd);
      else resolve(new Socket({ fd, readable: true, writable: false }));
    });
  });
}

function comeAndGo(path: PathLike, isAwaited: () => boolean): void {
  open(path, constants.O_WRONLY | constants.O_NONBLOCK, (failure, fd) => {
    if (failure === null) close(fd);
    // Whoever is to hear of it has not begun to wait yet.
    else if (failure.code === "ENXIO" && isAwaited()) setTimeout(() => comeAndGo(path, isAwaited), 10);
  });
}
