import type { Hold } from "./hold.js";
import { relayWebStream } from "./relay.js";

/** Wraps a web stream; one of bytes stays one of bytes. Throws `ERR_LOCKED`. */
export function releaseOnWebStreamEnd(source: ReadableStream<unknown>, hold: Hold): ReadableStream<unknown> {
  const release = () => hold.release();
  const { stream, relay, tap } = relayWebStream(source, { onOver: release, onFailed: release });
  hold.watch(relay, relay, tap);
  return stream;
}
