import type { SourceLike } from "./subject.js";

/** What a source of any kind does when it is read and when it is told to stop. */
export interface Reads<T> {
  read(): Promise<IteratorResult<T>>;
  readNow(): IteratorResult<T>;
  leave(): void;
}

export type Kind = "sync iterable" | "async iterator" | "async generator" | "Node stream" | "web stream";

const END: IteratorResult<never> = { done: true, value: undefined };

const MAKE: Readonly<Record<Kind, <T>(reads: Reads<T>) => SourceLike<T>>> = {
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
  "web stream": <T>(reads: Reads<T>) =>
    new ReadableStream<T>(
      {
        async pull(controller) {
          const { done, value } = await reads.read();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: () => reads.leave(),
      },
      { highWaterMark: 0 },
    ) as unknown as AsyncIterable<T>,
};

export const KINDS = Object.keys(MAKE) as readonly Kind[];

export const sourceOf = <T>(kind: Kind, reads: Reads<T>): SourceLike<T> => MAKE[kind](reads);

async function* itemsOf<T>(read: () => Promise<IteratorResult<T>>): AsyncGenerator<T, void> {
  for (let step = await read(); !step.done; step = await read()) yield step.value;
}

/** As much of a Node Readable as readers look at. Like there, only `destroy` reaches it while a read is pending. */
function nodeStream<T>(reads: Reads<T>): SourceLike<T> {
  let over = false;
  let close = (_: IteratorResult<T>): void => {};
  const closed = new Promise<IteratorResult<T>>((resolve) => {
    close = resolve;
  });
  const destroy = (): void => {
    if (over) return;
    over = true;
    reads.leave();
    close(END);
  };
  const read = async (): Promise<IteratorResult<T>> => {
    try {
      const step = await Promise.race([reads.read(), closed]);
      over ||= step.done === true;
      return step;
    } catch (cause) {
      over = true;
      throw cause;
    }
  };
  async function* items(): AsyncGenerator<T> {
    try {
      yield* itemsOf(read);
    } finally {
      destroy();
    }
  }
  const stream = { destroy, on: () => stream, pipe: () => stream, [Symbol.asyncIterator]: items };
  return stream;
}
