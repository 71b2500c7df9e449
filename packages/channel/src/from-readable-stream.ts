import type { Sender } from "./halves.js";
import { type PourOptions, pour } from "./pour.js";

/**
 * Sends what the stream has, and then closes the channel. It reads a chunk when the channel has room for one of weight
 * 1, whatever `whenFull` says; a chunk that is heavier then waits for the rest of its room, and no other is read.
 *
 * When the stream fails, the channel fails with that very error. When nobody receives any more, or the channel is closed
 * by others, the stream is cancelled at once with the reason, also while a read is pending. Either way the stream is
 * unlocked in the end. Whoever leaves the promise alone misses nothing that the receivers do not hear.
 *
 * - **Order:** that of the stream; in line with other senders.
 * - **Abort:** rejects with `signal.reason`; the stream was cancelled and the channel failed with it.
 * - **Errors:** the stream's own; `ERR_CLOSED` if the channel did not take all; whatever else a send rejects with. The
 *   channel has failed with it, and the stream was cancelled for it.
 */
export function fromReadableStream<T>(
  stream: ReadableStream<T>,
  channel: Sender<T>,
  options: PourOptions = {},
): Promise<void> {
  const open = () => {
    const reader = stream.getReader();
    return {
      next: () => reader.read(),
      over: reader.closed,
      stop(reason: unknown) {
        // What the stream says to its cancellation must not hide why it was cancelled.
        reader.cancel(reason).catch(() => undefined);
      },
      leave: () => reader.releaseLock(),
    };
  };
  return pour(open, channel, options);
}
