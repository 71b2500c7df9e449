import { channel } from "@thi.ng/csp";
import { check } from "../../run/clock.js";
import { blockedAt, queuedIn } from "../memory.js";
import { crowdOf, flowOf, type Pipe, windowed } from "../pipe.js";
import type { Subject } from "../subject.js";

// A write settles when the item has been read, also where the buffer had room for it.
function open(capacity: number, window: number): Pipe {
  const items = channel<number>(capacity);
  const windows: unknown[][] = [];
  return {
    sender: () => windowed((item) => items.write(item), window, windows),
    items,
    async close() {
      await Promise.all(windows.flat());
      items.close();
    },
  };
}

const alone = channel<number>(16);

export const subject: Subject = {
  flow: (capacity) => flowOf(() => open(capacity, capacity)),
  crowd: (capacity) => crowdOf(() => open(capacity, capacity / 4)),
  pairs(times) {
    let sum = 0;
    for (let left = times; left > 0; left--) {
      if (!alone.offer(1)) throw new Error("it is full");
      sum += alone.poll() ?? 0;
    }
    check("items that were received", sum, times);
  },
  queued: queuedIn((capacity) => {
    const keep = channel<number>(capacity);
    return { keep, put: (item) => keep.offer(item) };
  }),
  blocked: blockedAt(() => {
    const keep = channel<number>(1);
    keep.offer(0);
    return { keep, send: (item) => keep.write(item) };
  }),
};
