import { InvalidValueError } from "@sluice/semaphore";
import type { Receiver } from "./halves.js";

/**
 * The items as a web stream, which takes one when its reader asks for one, and ends with the channel. Cancelling the
 * stream cancels the channel with the same reason; a failed channel errors the stream with that very error.
 *
 * `type: "bytes"` makes a byte stream, for readers that bring their own buffer. It copies each chunk: a byte stream
 * takes the whole buffer away from whoever gave it a part, and several chunks may be parts of one buffer. Empty chunks
 * are left out.
 */
export function toReadableStream<T>(receiver: Receiver<T>): ReadableStream<T>;
export function toReadableStream(
  receiver: Receiver<Uint8Array>,
  options: { type: "bytes" },
): ReadableStream<Uint8Array<ArrayBuffer>>;
export function toReadableStream(
  receiver: Receiver<unknown>,
  { type }: { type?: "bytes" | undefined } = {},
): ReadableStream<unknown> {
  const cancel = (reason: unknown) => receiver.cancel(reason);
  const strategy = { highWaterMark: 0 }; // no item leaves the channel before somebody wants it
  if (type === undefined) {
    const pull = async (controller: ReadableStreamDefaultController<unknown>) => {
      if (!(await receiver.receiveInto((item) => controller.enqueue(item)))) end(controller);
    };
    return new ReadableStream({ pull, cancel }, strategy);
  }
  const pull = async (controller: ReadableByteStreamController) => {
    if (await nextBytes(receiver, (bytes) => controller.enqueue(bytes))) return;
    end(controller);
    // A read into a reader's own buffer that is pending when the stream closes is answered only by this.
    controller.byobRequest?.respond(0);
  };
  return new ReadableStream({ type, pull, cancel }, strategy);
}

/** A stream that was cancelled while it waited has closed already. */
function end(controller: { close(): void }): void {
  try {
    controller.close();
  } catch {}
}

/** The next bytes that are some, for their new owner alone; `false` at the end. */
async function nextBytes(
  receiver: Receiver<unknown>,
  take: (bytes: Uint8Array<ArrayBuffer>) => void,
): Promise<boolean> {
  for (let empty = true; empty; ) {
    let wrong: InvalidValueError | undefined;
    const more = await receiver.receiveInto((item) => {
      if (!(item instanceof Uint8Array)) wrong = new InvalidValueError("a chunk", item, "a Uint8Array");
      else if (item.byteLength > 0) {
        empty = false;
        take(new Uint8Array(item));
      }
    });
    if (!more) return false;
    if (!wrong) continue;
    receiver.cancel(wrong);
    throw wrong;
  }
  return true;
}
