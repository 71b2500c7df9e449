import { InvalidValueError } from "@sluice/semaphore";
import { Channel } from "./channel.js";
import type { Receiver } from "./halves.js";
import { hearCancel } from "./hear-cancel.js";

export interface BroadcastOptions {
  /** How many items a branch may be behind the others: a safe integer of at least 1. Default: 1. */
  readonly lag?: number | undefined;
}

/**
 * Several receivers of the same items. The slowest holds the source back once it is `lag` items behind; a branch that
 * is cancelled does so no more. When all have left, the source is cancelled with the last one's reason.
 */
export function broadcast<T>(
  receiver: Receiver<T>,
  branches: number,
  { lag = 1 }: BroadcastOptions = {},
): Receiver<T>[] {
  for (const [what, value] of Object.entries({ branches, lag })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new InvalidValueError(what, value, "a safe integer of at least 1");
    }
  }
  const channels = Array.from({ length: branches }, () => new Channel<T>(lag));
  let left = 0;
  void forward(receiver, channels);
  return channels.map((channel) => {
    let here = true;
    return hearCancel(channel, (reason) => {
      if (here && ++left === branches) receiver.cancel(reason);
      here = false;
    });
  });
}

async function forward<T>(receiver: Receiver<T>, channels: readonly Channel<T>[]): Promise<void> {
  const items = receiver[Symbol.asyncIterator]();
  try {
    for (;;) {
      // Room first, then the item: none is ever on its way that a branch could not take.
      const rooms = await Promise.all(channels.map((channel) => channel.whenRoom()));
      if (!rooms.includes(true)) return;
      const { done, value } = await items.next();
      if (done) break;
      for (const channel of channels) channel.trySend(value);
    }
    for (const channel of channels) channel.close();
  } catch (error) {
    for (const channel of channels) channel.fail(error);
  }
}
