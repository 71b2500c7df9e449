import type { RequestOptions, SendingOptions, StoreBody } from "@sluice/object-store";
import type { Frames } from "./frames.js";
import type { Place } from "./place.js";
import { SealedBody, type Sealing } from "./sealed-body.js";

type OnSent = SendingOptions["onSent"];

/** Sends a body sealed, and rejects with what was wrong with the body rather than with what the store made of it. */
export async function sendSealed<R>(
  { frames, pool }: Place,
  body: StoreBody,
  sealing: Pick<Sealing, "codec" | "part" | "last" | "claims">,
  { onSent, signal }: SendingOptions & RequestOptions,
  send: (sealed: StoreBody, onSent: OnSent) => Promise<R>,
): Promise<R> {
  const sealed = new SealedBody(body, { ...sealing, frames, pool });
  const inMemory = body instanceof Uint8Array || !("stream" in body);
  try {
    return await send(await sealed.toBody(inMemory), onSent && plainSent(frames, onSent));
  } catch (error) {
    // A request that failed before it had begun to read.
    sealed.cancel(error);
    signal?.throwIfAborted();
    throw sealed.failure ?? error;
  }
}

/** Of the sealed bytes that were sent, tells how many of the plain ones they mean. */
function plainSent(frames: Frames, onSent: (bytes: number) => void): (bytes: number) => void {
  let sealed = 0;
  let plain = 0;
  return (bytes) => {
    sealed += bytes;
    const now = frames.capacity(sealed);
    if (now > plain) onSent(now - plain);
    plain = Math.max(plain, now);
  };
}
