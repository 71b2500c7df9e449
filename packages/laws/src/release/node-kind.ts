import type { StreamKind } from "./subject.js";

interface NodeReadable extends AsyncIterable<object> {
  push(chunk: object | null): boolean;
  destroy(error?: Error): void;
  on(event: string, listener: () => void): unknown;
  pipe: unknown;
  readonly readableObjectMode: boolean;
  readonly destroyed: boolean;
  readonly writableFinished?: boolean;
  end?(): void;
}

/** Node's `stream.Readable`, by structure. */
export type ReadableClass = new (options: {
  objectMode: boolean;
  highWaterMark: number;
  read(this: NodeReadable): void;
  write(chunk: unknown, encoding: string, done: () => void): void;
  destroy(error: Error | null, done: (error: Error | null) => void): void;
}) => NodeReadable;

/**
 * A Node Readable of objects, or a Duplex whose writable side ends at once: hand it the class, because the kit runs
 * where there is no Node as well.
 */
export function nodeReadableKind(Readable: ReadableClass): StreamKind {
  const made: object[] = [];
  const { name } = Readable;
  return {
    name: `Node ${name}`,
    tellsLate: true,
    open(plan) {
      let produced = 0;
      let left: { reason: unknown } | undefined;
      const stream = new Readable({
        objectMode: true,
        highWaterMark: 1,
        read() {
          if (!plan.pace) answer(this);
          else void plan.pace().then(() => this.destroyed || answer(this));
        },
        write: (_chunk, _encoding, done) => done(),
        destroy(error, done) {
          left = { reason: error };
          done(error);
        },
      });
      const answer = (readable: NodeReadable): void => {
        if (produced < plan.chunks) {
          made[produced] ??= { chunk: produced };
          readable.push(made[produced++]!);
          if (produced === plan.chunks && plan.ending === "end" && plan.endsWithLast) readable.push(null);
        } else if (plan.ending === "end") readable.push(null);
        else if (plan.ending === "error") readable.destroy(plan.failure);
      };
      stream.end?.();
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
    traits: (it) =>
      `${"readableObjectMode" in it ? "a" : "no"} Node Readable, ${"end" in it && it.end ? "a" : "no"} Duplex`,
  };
}
