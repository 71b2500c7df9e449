import { EMPTY, FloorChannel } from "../../floor/channel.js";
import { check } from "../../run/clock.js";
import { batchesOf } from "../batch.js";
import { blockedAt, queuedIn } from "../memory.js";
import { crowdOf, flowOf, type Pipe } from "../pipe.js";
import type { Subject } from "../subject.js";

function open(capacity: number, lowWater?: number): Pipe {
  const items = new FloorChannel<number>(capacity, lowWater);
  return { sender: () => (item) => items.send(item), items, close: () => items.close() };
}

const alone = new FloorChannel<number>(16);

export const subject: Subject = {
  flow: (capacity) => flowOf(() => open(capacity)),
  halves: (capacity) => flowOf(() => open(capacity, capacity / 2)),
  crowd: (capacity) => crowdOf(() => open(capacity)),
  batches: (capacity) =>
    batchesOf(() => {
      const channel = new FloorChannel<number>(capacity);
      return {
        trySend: (item) => channel.trySend(item),
        send: (item) => channel.send(item),
        receive: () => channel.receiveMany(),
      };
    }),
  drains: (capacity) =>
    batchesOf(() => {
      const channel = new FloorChannel<number>(capacity);
      return {
        trySend: (item) => channel.trySend(item),
        send: (item) => channel.send(item),
        async receive() {
          const { value } = await channel.next();
          const items = channel.drain();
          items.push(value);
          return items;
        },
      };
    }),
  pairs(times) {
    let sum = 0;
    for (let left = times; left > 0; left--) {
      if (!alone.trySend(1)) throw new Error("it is full");
      const item = alone.tryReceive();
      if (item !== EMPTY) sum += item;
    }
    check("items that were received", sum, times);
  },
  queued: queuedIn((capacity) => {
    const keep = new FloorChannel<number>(capacity);
    return { keep, put: (item) => keep.trySend(item) };
  }),
  blocked: blockedAt(() => {
    const keep = new FloorChannel<number>(1);
    keep.trySend(0);
    return { keep, send: (item) => keep.send(item) };
  }),
};
