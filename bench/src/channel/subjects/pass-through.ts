import { once } from "node:events";
import { PassThrough } from "node:stream";
import { check } from "../../run/clock.js";
import { chunksOf, MIB } from "../chunks.js";
import { queuedIn } from "../memory.js";
import { flowOf } from "../pipe.js";
import type { Subject } from "../subject.js";

const objects = (highWaterMark: number) => new PassThrough({ objectMode: true, highWaterMark });

const writing = (stream: PassThrough) => (item: unknown) => stream.write(item) || once(stream, "drain");

const alone = objects(16);

export const subject: Subject = {
  flow: (capacity) =>
    flowOf(() => {
      const items = objects(capacity);
      return { sender: () => writing(items), items, close: () => items.end() };
    }),
  pairs(times) {
    let sum = 0;
    for (let left = times; left > 0; left--) {
      alone.write(1);
      sum += alone.read() as number;
    }
    check("items that were received", sum, times);
  },
  chunks: chunksOf(() => {
    const items = new PassThrough({ highWaterMark: MIB });
    return { send: writing(items), items, close: () => items.end() };
  }),
  queued: queuedIn((capacity) => {
    const keep = objects(capacity);
    return { keep, put: (item) => void keep.write(item) };
  }),
};
