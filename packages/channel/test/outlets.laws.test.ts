import { broadcast, Channel, merge, type Receiver } from "@sluice/channel";
import { channelLaws } from "@sluice/laws";
import { describe, test } from "vitest";
import { effort } from "./effort.js";

/** The channel, received from through something else. */
function behind<T>(channel: Channel<T>, receiver: Receiver<T>) {
  const { sender } = channel;
  return {
    ...sender,
    capacity: channel.capacity,
    tryReceive: () => receiver.tryReceive(),
    receive: receiver.receive.bind(receiver),
    receiveMany: receiver.receiveMany.bind(receiver),
    drain: receiver.drain.bind(receiver),
    [Symbol.asyncIterator]: () => receiver[Symbol.asyncIterator](),
    consume: () => receiver.consume(),
    cancel: (reason?: unknown) => receiver.cancel(reason),
    snapshot: () => channel.snapshot(),
  };
}

const ways = {
  "behind a merge": <T>(channel: Channel<T>) => merge<T>(channel),
  "behind a broadcast to one": <T>(channel: Channel<T>) => broadcast<T>(channel, 1, { lag: 0 })[0]!,
};

for (const [way, through] of Object.entries(ways)) {
  describe(way, () => {
    for (const { id, says, waived, run } of channelLaws((options) => {
      const channel = new Channel(options);
      return behind(channel, through(channel));
    })) {
      test(`${id}: ${says}`, (t) => (waived ? t.skip(waived) : run({ ...effort, operations: 2 })));
    }
  });
}
