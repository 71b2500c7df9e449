import type { SourceLike } from "./subject.js";

/** What a source of any kind does when it is read and when it is told to stop. */
export interface Reads {
  read(): Promise<IteratorResult<number>>;
  readNow(): IteratorResult<number>;
  leave(): void;
}

export type Kind = "sync iterable" | "async iterator" | "async generator" | "Node stream" | "web stream";

const END: IteratorResult<number> = { done: true, value: undefined };

const MAKE: Readonly<Record<Kind, (reads: Reads) => SourceLike<number>>> = {
  "sync iterable": (reads) => ({
    [Symbol.iterator]: () => ({
      next: () => reads.readNow(),
      return: () => {
        reads.leave();
        return END;
      },
    }),
  }),
  "async iterator": (reads) => ({
    [Symbol.asyncIterator]: () => ({
      next: () => reads.read(),
      return: async () => {
        reads.leave();
        return END;
      },
    }),
  }),
  // It hears `return()` only when the pending read is over: until then, what `return()` promises is open.
  "async generator": (reads) => ({
    [Symbol.asyncIterator]: () => {
      const items = itemsOf(() => reads.read());
      return {
        next: () => items.next(),
        return: () => {
          reads.leave();
          return items.return();
        },
      };
    },
  }),
  "Node stream": nodeStream,
  "web stream": (reads) =>
    new ReadableStream<number>(
      {
        async pull(controller) {
          const { done, value } = await reads.read();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: () => reads.leave(),
      },
      { highWaterMark: 0 },
    ) as unknown as AsyncIterable<number>,
};

export const KINDS = Object.keys(MAKE) as readonly Kind[];

export const sourceOf = (kind: Kind, reads: Reads): SourceLike<number> => MAKE[kind](reads);

async function* itemsOf(read: () => Promise<IteratorResult<number>>): AsyncGenerator<number, void> {
  for (let step = await read(); !step.done; step = await read()) yield step.value;
}

/** As much of a Node Readable as readers look at. Like there, only `destroy` reaches it while a read is pending. */
function nodeStream(reads: Reads): SourceLike<number> {
  let over = false;
  let close = (_: IteratorResult<number>): void => {};
  const closed = new Promise<IteratorResult<number>>((resolve) => {
    close = resolve;
  });
  const destroy = (): void => {
    if (over) return;
    over = true;
    reads.leave();
    close(END);
  };
  const read = async (): Promise<IteratorResult<number>> => {
    try {
      const step = await Promise.race([reads.read(), closed]);
      over ||= step.done === true;
      return step;
    } catch (cause) {
      over = true;
      throw cause;
    }
  };
  async function* items(): AsyncGenerator<number> {
    try {
      yield* itemsOf(read);
    } finally {
      destroy();
    }
  }
  const stream = { destroy, on: () => stream, pipe: () => stream, [Symbol.asyncIterator]: items };
  return stream;
}
