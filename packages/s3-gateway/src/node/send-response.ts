import type { ServerResponse } from "node:http";
import { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** Bytes of one write: what is handed over in larger pieces is copied as a whole below JavaScript. */
const SLICE = 64 * 1024;

/**
 * Sends a response, as fast as the client takes it. Resolves when the last byte has left the process, or when
 * the client is gone. A body that fails destroys the connection: a short answer must not look like a whole one.
 *
 * With `beforeEnd`, all is sent, but the connection is closed only then: Node closes it at the end of an answer that
 * says so, whatever the client is still sending.
 */
export async function sendResponse(
  response: Response,
  to: ServerResponse,
  beforeEnd?: Promise<void>,
): Promise<void> {
  const { body, status } = response;
  if (to.destroyed) {
    await body?.cancel(gone()).catch(() => {});
    return;
  }
  to.writeHead(status, Object.fromEntries(response.headers));
  if (body === null) {
    to.flushHeaders();
    await beforeEnd;
    to.end();
    return;
  }
  const reader = body.getReader();
  const onClose = (): void => void reader.cancel(gone()).catch(() => {});
  to.once("close", onClose);
  // A body can fail while nobody reads it, because the client takes nothing: then no read tells.
  reader.closed.catch((why: unknown) => breakOff(to, why));
  try {
    await pump(reader, to, Number(response.headers.get("content-length") ?? Number.NaN));
    to.off("close", onClose);
    await beforeEnd;
    to.end();
  } catch (why) {
    breakOff(to, why);
  }
}

/**
 * Ends a connection in the middle of an answer. That of a client that takes nothing is reset: closed, the operating
 * system would go on to offer what it has, up to 4 MiB for minutes, and all of that is given back already.
 */
function breakOff(to: ServerResponse, why: unknown): void {
  const { code } = (why ?? {}) as { readonly code?: unknown };
  // What goes over TLS can only be closed.
  const plain = to.socket instanceof Socket && !(to.socket instanceof TLSSocket);
  if (plain && (code === "SlowReader" || code === "LifetimeOver")) to.socket?.resetAndDestroy();
  to.destroy();
}

async function pump(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  to: ServerResponse,
  length: number,
): Promise<void> {
  let sent = 0;
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    const chunk = step.value;
    for (let at = 0; at < chunk.length && !to.destroyed; at += SLICE) {
      const slice = chunk.length <= SLICE ? chunk : chunk.subarray(at, at + SLICE);
      sent += slice.length;
      // Reading on tells the gateway that what it gave is dealt with, and the last read gives back the permit:
      // so the last slice is waited for until it has left.
      if (sent >= length || Number.isNaN(length)) await flushed(to, slice);
      else if (!to.write(slice)) await drained(to);
    }
  }
}

const flushed = (to: ServerResponse, slice: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    to.once("close", resolve);
    to.write(slice, () => {
      to.off("close", resolve);
      resolve();
    });
  });

const drained = (to: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const ready = (): void => {
      to.off("drain", ready);
      to.off("close", ready);
      resolve();
    };
    to.once("drain", ready).once("close", ready);
    if (to.destroyed) ready();
  });

const gone = () => new Error("the client has closed the connection");
