import type { StreamKind } from "./subject.js";

interface NodeReadable extends AsyncIterable<object> {
  push(chunk: object | null): boolean;
  destroy(error?: Error): void;
  on(event: string, listener: () => void): unknown;
  pipe: unknown;
  readonly readableObjectMode: boolean;
}

/** Node's `stream.Readable`, by structure. */
export type ReadableClass = new (options: {
  objectMode: boolean;
  highWaterMark: number;
  read(this: NodeReadable): void;
  destroy(error: Error | null, done: (error: Error | null) => void): void;
}) => NodeReadable;

/** A Node Readable of objects: hand it the class, because the kit runs where there is no Node as well. */
export function nodeReadableKind(Readable: ReadableClass): StreamKind {
  const made: object[] = [];
  return {
    name: "Node Readable",
    tellsLate: true,
    open(plan) {
      let produced = 0;
      let left: { reason: unknown } | undefined;
      const stream = new Readable({
        objectMode: true,
        highWaterMark: 1,
        read() {
          if (produced < plan.chunks) {
            made[produced] ??= { chunk: produced };
            this.push(made[produced++]!);
            if (produced === plan.chunks && plan.ending === "end" && plan.endsWithLast) this.push(null);
          } else if (plan.ending === "end") this.push(null);
          else if (plan.ending === "error") this.destroy(plan.failure);
        },
        destroy(error, done) {
          left = { reason: error };
          done(error);
        },
      });
      return { stream, produced: () => produced, left: () => left };
    },
    consume(stream) {
      const readable = stream as NodeReadable;
      // Whoever leaves with an error listens for it, as a pipeline does.
      readable.on("error", () => {});
      const iterator = readable[Symbol.asyncIterator]();
      return {
        read: async () => {
          const { done, value } = await iterator.next();
          return done ? "end" : made.indexOf(value);
        },
        leave: async (reason) => readable.destroy(reason as Error),
      };
    },
    traits: (it) => `${"pipe" in it && "readableObjectMode" in it ? "Node Readable" : "no Node Readable"}`,
  };
}
