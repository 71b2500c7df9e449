import { Channel, type ChannelOptions } from "@sluice/channel";
import { check } from "../../run/clock.js";
import { batchesOf } from "../batch.js";
import { chunksOf, MIB } from "../chunks.js";
import { blockedAt, queuedIn } from "../memory.js";
import { crowdOf, flowOf, type Pipe } from "../pipe.js";
import type { Subject } from "../subject.js";

function open(options: ChannelOptions<number>): Pipe {
  const items = new Channel<number>(options);
  return { sender: () => (item) => items.send(item), items, close: () => items.close() };
}

const alone = new Channel<number>(16);
const byBytes = { weigh: (chunk: Uint8Array) => chunk.byteLength, capacity: MIB };

function chunks(options: ChannelOptions<Uint8Array>) {
  return chunksOf(() => {
    const items = new Channel<Uint8Array>(options);
    return { send: (chunk) => items.send(chunk), items, close: () => items.close() };
  });
}

export const subject: Subject = {
  flow: (capacity) => flowOf(() => open({ capacity })),
  halves: (capacity) => flowOf(() => open({ capacity, lowWater: capacity / 2 })),
  crowd: (capacity) => crowdOf(() => open({ capacity })),
  batches: (capacity) =>
    batchesOf(() => {
      const channel = new Channel<number>(capacity);
      return {
        trySend: (item) => channel.trySend(item),
        send: (item) => channel.send(item),
        receive: () => channel.receiveMany(capacity),
      };
    }),
  drains: (capacity) =>
    batchesOf(() => {
      const channel = new Channel<number>(capacity);
      return {
        trySend: (item) => channel.trySend(item),
        send: (item) => channel.send(item),
        async receive() {
          const item = await channel.receive();
          const items = channel.drain();
          items.push(item);
          return items;
        },
      };
    }),
  pairs(times) {
    let sum = 0;
    for (let left = times; left > 0; left--) {
      if (!alone.trySend(1)) throw new Error("it is full");
      const item = alone.tryReceive();
      if (item !== undefined) sum += item.value;
    }
    check("items that were received", sum, times);
  },
  chunks: chunks({ capacity: 1_024 }),
  queued: queuedIn((capacity) => {
    const keep = new Channel<number>(capacity);
    return { keep, put: (item) => keep.trySend(item) };
  }),
  blocked: blockedAt(() => {
    const keep = new Channel<number>(1);
    keep.trySend(0);
    return { keep, send: (item) => keep.send(item) };
  }),
};

/** The same with a weight for each item. */
export const weighed: Subject = {
  chunks: chunks(byBytes),
  queued: queuedIn((capacity) => {
    const keep = new Channel<number>({ capacity: capacity * 7, weigh: (item) => item });
    return { keep, put: (item) => keep.trySend(item) };
  }),
};
