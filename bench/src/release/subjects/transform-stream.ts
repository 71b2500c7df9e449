import { TransformStream } from "node:stream/web";
import type { Subject } from "../subject.js";

// What comes out of it is no byte stream any more, and it hears of no cancellation.
function through<T>(stream: ReadableStream<T>, release: () => void): ReadableStream<T> {
  const transform = new TransformStream<T, T>(
    { transform: (chunk, controller) => controller.enqueue(chunk), flush: release },
    undefined,
    { highWaterMark: 0 },
  );
  return stream.pipeThrough(transform as never);
}

export const subject: Subject = { web: through };
