import { check } from "../../run/clock.js";
import { chunksOf, MIB } from "../chunks.js";
import type { Subject } from "../subject.js";

// What is used of node:stream/iter, which is experimental and not in Node 20.
interface StreamIter {
  push(options: { budget: number }): { writer: Writer; readable: AsyncIterable<Uint8Array[]> };
}
interface Writer {
  write(chunk: Uint8Array): Promise<void>;
  end(): Promise<unknown>;
}

const NAME: string = "node:stream/iter";
const { push } = (await import(NAME)) as StreamIter;

/** It takes no smaller one. */
const LEAST_BUDGET = 16_384;

function open(budget: number) {
  const { writer, readable } = push({ budget });
  return { send: (chunk: Uint8Array) => writer.write(chunk), items: readable, close: () => writer.end() };
}

export const subject: Subject = {
  // Its capacity is in bytes: so many chunks fill it.
  flow: (capacity) => async (times) => {
    const budget = Math.max(LEAST_BUDGET, capacity);
    const chunk = new Uint8Array(budget / capacity);
    const { send, items, close } = open(budget);
    const sending = (async () => {
      for (let left = times; left > 0; left--) await send(chunk);
      await close();
    })();
    let received = 0;
    for await (const batch of items) received += batch.length;
    await sending;
    check("chunks that were received", received, times);
  },
  chunks: chunksOf(() => open(MIB)),
};
