import { Channel } from "queueable";
import { blockedAt, queuedIn } from "../memory.js";
import { crowdOf, flowOf, type Pipe, windowed } from "../pipe.js";
import type { Subject } from "../subject.js";

// It has no capacity. A push settles when the item has been received, so the senders keep to a window of them.
function open(window: number): Pipe {
  const items = new Channel<number>();
  const windows: unknown[][] = [];
  return {
    sender: () => windowed((item) => items.push(item), window, windows),
    items,
    async close() {
      await Promise.all(windows.flat());
      items.close();
    },
  };
}

const pushing = () => {
  const keep = new Channel<number>();
  return { keep, send: (item: number) => keep.push(item) };
};

export const subject: Subject = {
  flow: (capacity) => flowOf(() => open(capacity)),
  crowd: (capacity) => crowdOf(() => open(capacity / 4)),
  queued: queuedIn(() => {
    const { keep, send } = pushing();
    return { keep, put: (item) => void send(item) };
  }),
  blocked: blockedAt(pushing),
};
