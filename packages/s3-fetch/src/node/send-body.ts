import type { ClientRequest } from "node:http";
import type { Outgoing } from "@sluice/s3-fetch";

// One write of a whole 8 MiB part makes Node copy it into native memory at once. Slices, each waiting for the
// socket to drain, cost as much as the socket's own buffer.
const SLICE = 64 * 1024;

export interface Sending {
  /** The socket has not taken it all, and is waited for. */
  readonly onWait: () => void;
  /** The source is waited for. */
  readonly onRest: () => void;
  /** Every byte has been handed to the socket. */
  readonly onEnd: () => void;
}

/** Writes a body in slices, each when the socket has taken the last. What it returns stops it. */
export function sendBody(
  request: ClientRequest,
  body: Outgoing,
  { onWait, onRest, onEnd }: Sending,
): () => void {
  const pieces = body.pieces?.values();
  let chunk: Uint8Array = new Uint8Array();
  let at = 0;
  let stopped = false;
  let asking = false;
  let left = body.length;

  const end = () => {
    request.off("drain", drained);
    body.exhausted = true;
    body.sent(body.length);
    request.end();
    onEnd();
  };
  const begin = (next: Uint8Array | undefined) => {
    asking = false;
    if (stopped) return;
    if (next === undefined) return end();
    chunk = next;
    at = 0;
    write();
  };
  // One listener and no promise for each slice.
  const write = () => {
    while (!stopped && !asking) {
      while (at < chunk.byteLength) {
        const slice = chunk.subarray(at, at + SLICE);
        at += slice.byteLength;
        left -= slice.byteLength;
        const taken = request.write(slice);
        // A stream gives its last bytes when its end is certain, so that nothing has to be asked for.
        if (left === 0) return end();
        // What waits for the socket to drain is counted when it has.
        if (!taken) return onWait();
        body.sent(body.length - left);
      }
      if (pieces === undefined) {
        asking = true;
        onRest();
        // A failure has been told to the exchange, which stops the request.
        body.next().then(begin, () => {});
        return;
      }
      const next = pieces.next().value;
      if (next === undefined) return end();
      chunk = next;
      at = 0;
    }
  };
  const drained = () => {
    if (!stopped) body.sent(body.length - left);
    write();
  };
  request.on("drain", drained);
  write();
  return () => {
    stopped = true;
    request.off("drain", drained);
  };
}
