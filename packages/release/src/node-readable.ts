import type { NodeReadable } from "./ending.js";

/** Listens; changes nothing. `release` must be safe to call more than once. */
export function releaseOnReadableEnd(stream: NodeReadable, release: () => void): NodeReadable {
  if (stream.readableEnded || stream.destroyed) {
    release();
    return stream;
  }
  const events: (string | symbol)[] = ["end", "close"];
  // A plain "error" listener would make an unhandled error look handled. Every emitter class has a symbol for
  // listening without that; it covers streams that fail without ever emitting "close".
  const { errorMonitor } = stream.constructor as { errorMonitor?: symbol };
  if (errorMonitor !== undefined) events.push(errorMonitor);
  const ended = (): void => {
    for (const event of events) stream.removeListener(event, ended);
    release();
  };
  for (const event of events) stream.once(event, ended);
  return stream;
}
