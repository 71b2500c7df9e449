import { ReadableStream, TransformStream } from "node:stream/web";
import { check } from "../../run/clock.js";
import { CHUNK, chunksOf, MIB } from "../chunks.js";
import { queuedIn } from "../memory.js";
import { flowOf } from "../pipe.js";
import type { Subject } from "../subject.js";

/** There is no sender: `pull` is asked for the next item whenever there is room. */
export const readable: Subject = {
  flow: (highWaterMark) => async (times) => {
    let item = 0;
    const stream = new ReadableStream<number>(
      {
        pull(controller) {
          if (item < times) controller.enqueue(item++);
          else controller.close();
        },
      },
      { highWaterMark },
    );
    let sum = 0;
    for await (const received of stream) sum += received;
    check("the sum of what was received", sum, (times * (times - 1)) / 2);
  },
  async chunks(times) {
    let left = times;
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (left-- > 0) controller.enqueue(CHUNK);
          else controller.close();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MIB }),
    );
    let bytes = 0;
    for await (const chunk of stream) bytes += chunk.byteLength;
    check("bytes that were received", bytes, times * CHUNK.byteLength);
  },
  queued: queuedIn((highWaterMark) => {
    let put: (item: number) => void = () => {};
    const keep = new ReadableStream<number>(
      {
        start(controller) {
          put = (item) => controller.enqueue(item);
        },
      },
      { highWaterMark },
    );
    return { keep, put };
  }),
};

const ignore = () => {};

function open<T>(strategy: QueuingStrategy<T>) {
  const { readable: items, writable } = new TransformStream<T, T>(undefined, undefined, strategy);
  const writer = writable.getWriter();
  // What a failed write would say, `close` says too.
  const send = (item: T) => {
    writer.write(item).catch(ignore);
    return writer.ready;
  };
  return { items, send, close: () => writer.close(), writer };
}

/** Writes when the writer is ready, as its documentation says, without a wait for each write. */
export const transform: Subject = {
  flow: (highWaterMark) =>
    flowOf(() => {
      const { items, send, close } = open<number>({ highWaterMark });
      return { sender: () => send, items, close };
    }),
  chunks: chunksOf(() => open<Uint8Array>(new ByteLengthQueuingStrategy({ highWaterMark: MIB }))),
};
