import { Channel } from "./channel.js";
import type { Receiver } from "./halves.js";
import { hearCancel } from "./hear-cancel.js";

/**
 * One receiver of what several have, as it comes; items of one source keep their order. It buffers nothing: each source
 * is at most one item ahead. It ends when all have ended, and fails with the first that fails, when the others are
 * cancelled with that error. Cancelling it cancels them all; an item that was on its way then goes nowhere.
 */
export function merge<T>(...receivers: Receiver<T>[]): Receiver<T> {
  const merged = new Channel<T>(0);
  const cancelAll = (reason: unknown): void => {
    for (const receiver of receivers) receiver.cancel(reason);
  };
  let open = receivers.length;
  if (open === 0) merged.close();
  const forward = async (receiver: Receiver<T>): Promise<void> => {
    for await (const item of receiver) await merged.send(item);
    if (--open === 0) merged.close();
  };
  for (const receiver of receivers) {
    forward(receiver).catch((error: unknown) => {
      merged.fail(error);
      cancelAll(error);
    });
  }
  return hearCancel(merged, cancelAll);
}
