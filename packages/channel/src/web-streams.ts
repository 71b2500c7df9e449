import type { Receiver, Sender } from "./halves.js";

/**
 * The items as a web stream, which takes one when its reader asks for one. Cancelling the stream cancels the channel
 * with the same reason; a failed channel errors the stream with that very error.
 */
export function toReadableStream<T>(receiver: Receiver<T>): ReadableStream<T> {
  const items = receiver[Symbol.asyncIterator]();
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const { done, value } = await items.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => receiver.cancel(reason),
    },
    { highWaterMark: 0 }, // no item leaves the channel before somebody wants it
  );
}

/**
 * Sends what the stream has, as there is room, and then closes the channel, or fails it with the stream's error.
 *
 * - **Order:** that of the stream.
 * - **Abort:** none of its own; cancel the channel, which cancels the stream when the next item has no taker.
 * - **Errors:** the stream's; whatever a send rejects with, after the stream was cancelled for it.
 */
export async function fromReadableStream<T>(stream: ReadableStream<T>, channel: Sender<T>): Promise<void> {
  const reader = stream.getReader();
  for (;;) {
    const step = await reader.read().catch((error: unknown) => {
      channel.fail(error);
      throw error;
    });
    if (step.done) break;
    try {
      await channel.send(step.value);
    } catch (refusal) {
      channel.fail(refusal);
      // What the source says to its cancellation must not hide why it was cancelled.
      reader.cancel(refusal).catch(() => undefined);
      throw refusal;
    }
  }
  channel.close();
}
