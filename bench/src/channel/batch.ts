import { check, type Work } from "../run/clock.js";

/** Sends and receives in a run of its own; both know how many there are. */
export interface Batching {
  trySend(item: number): boolean;
  send(item: number): Promise<unknown>;
  receive(): Promise<readonly number[]>;
}

/** A sender that waits only where there is no room, and a receiver of batches. */
export function batchesOf(open: () => Batching): Work {
  return async (times) => {
    const channel = open();
    const sending = (async () => {
      for (let item = 0; item < times; item++) if (!channel.trySend(item)) await channel.send(item);
    })();
    let sum = 0;
    for (let left = times; left > 0; ) {
      const items = await channel.receive();
      for (const item of items) sum += item;
      left -= items.length;
    }
    await sending;
    check("the sum of what was received", sum, (times * (times - 1)) / 2);
  };
}
