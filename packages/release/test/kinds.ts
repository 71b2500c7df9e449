import { Duplex, Readable } from "node:stream";
import type { Ending } from "@sluice/release";

/** What a source does when it has made its chunks. */
export interface Plan {
  readonly chunks: number;
  readonly ending: "end" | "fail" | "throw" | "stall";
}

/** What is read of a stream, in the way of its kind. */
export interface Reading {
  next(): Promise<{ done?: boolean | undefined }>;
  cancel(reason: unknown): Promise<unknown>;
}

/** A kind of stream, whose source writes down what it does. */
export interface Kind {
  readonly name: string;
  readonly family: "node" | "web" | "iterable";
  open(plan: Plan, log: (event: string) => void): Ending;
  read(stream: Ending): Reading;
  /** What `for await` takes, where it takes this kind. */
  iterate?(stream: Ending): AsyncIterable<unknown>;
  /** How it ends for who never read it. */
  leave(stream: Ending, reason: unknown): unknown;
  /** Whether its source is told to stop. */
  readonly stops: boolean;
}

export const boom = new Error("the source is broken");

const itself = (stream: Ending) => stream as AsyncIterable<unknown>;

function readIterator(stream: Ending): Reading {
  const iterator = itself(stream)[Symbol.asyncIterator]();
  return { next: () => iterator.next(), cancel: async (reason) => iterator.return?.(reason) };
}

function node(Class: typeof Readable | typeof Duplex): Kind {
  return {
    name: Class.name,
    family: "node",
    stops: true,
    open({ chunks, ending }, log) {
      let made = 0;
      const stream = new Class({
        objectMode: true,
        highWaterMark: 1,
        read(this: Readable) {
          if (made < chunks) this.push({ chunk: made++ });
          else if (ending === "end") this.push(null);
          else if (ending === "fail") {
            log("the source failed");
            this.destroy(boom);
          } else if (ending === "throw") {
            log("the source threw");
            throw boom;
          }
        },
        write: (_chunk: unknown, _encoding: string, done: () => void) => done(),
        destroy(error: Error | null, done: (error: Error | null) => void) {
          log("the source was left");
          done(error);
        },
      } as object);
      // Its other side is over when the stream is read: what is asked here is who reads.
      if (stream instanceof Duplex) stream.end();
      return stream;
    },
    read(stream) {
      (stream as Readable).on("error", () => {});
      return {
        ...readIterator(stream),
        cancel: async (reason) => (stream as Readable).destroy(reason as Error),
      };
    },
    iterate: itself,
    leave: (stream, reason) => (stream as Readable).on("error", () => {}).destroy(reason as Error),
  };
}

function web(name: string, type: "bytes" | undefined, mode: "byob" | undefined): Kind {
  return {
    name,
    family: "web",
    stops: true,
    open({ chunks, ending }, log) {
      let made = 0;
      const source = {
        type,
        pull(controller: ReadableByteStreamController) {
          if (made < chunks) controller.enqueue(Uint8Array.of(made++));
          else if (ending === "end") {
            controller.close();
            controller.byobRequest?.respond(0);
          } else if (ending === "fail") {
            log("the source failed");
            controller.error(boom);
          } else if (ending === "throw") {
            log("the source threw");
            throw boom;
          } else return new Promise<void>(() => {});
          return;
        },
        cancel: () => log("the source was left"),
      };
      return new ReadableStream(source as UnderlyingByteSource, { highWaterMark: 0 });
    },
    read(stream) {
      const reader = (stream as ReadableStream).getReader({ mode } as { mode: "byob" });
      return {
        next: () => reader.read(mode ? new Uint8Array(4) : (undefined as unknown as Uint8Array<ArrayBuffer>)),
        cancel: (reason) => reader.cancel(reason),
      };
    },
    ...(!mode && { iterate: itself }),
    leave: (stream, reason) => (stream as ReadableStream).cancel(reason),
  };
}

const BYTES = web("bytes", "bytes", undefined);
const bodyOf = (response: Ending) => (response as Response).body as Ending;

const RESPONSE: Kind = {
  ...BYTES,
  name: "Response",
  open: (plan, log) => new Response(BYTES.open(plan, log) as ReadableStream<Uint8Array<ArrayBuffer>>),
  read: (response) => BYTES.read(bodyOf(response)),
  iterate: (response) => itself(bodyOf(response)),
  leave: (response, reason) => BYTES.leave(bodyOf(response), reason),
};

function iterable(name: string, returns: boolean): Kind {
  return {
    name,
    family: "iterable",
    stops: returns,
    open({ chunks, ending }, log) {
      let made = 0;
      const next = (): Promise<IteratorResult<unknown>> => {
        if (made < chunks) return Promise.resolve({ done: false, value: made++ });
        if (ending === "end") return Promise.resolve({ done: true, value: undefined });
        if (ending === "stall") return new Promise(() => {});
        log(`the source ${ending === "fail" ? "failed" : "threw"}`);
        if (ending === "throw") throw boom;
        return Promise.reject(boom);
      };
      const leave = async () => {
        log("the source was left");
        return { done: true as const, value: undefined };
      };
      return { [Symbol.asyncIterator]: () => ({ next, ...(returns && { return: leave }) }) };
    },
    read: readIterator,
    iterate: itself,
    leave: (stream, reason) => itself(stream)[Symbol.asyncIterator]().return?.(reason),
  };
}

const GENERATOR: Kind = {
  ...iterable("generator", true),
  async *open({ chunks, ending }: Plan, log: (event: string) => void): AsyncGenerator<unknown> {
    try {
      for (let made = 0; made < chunks; made++) yield made;
      if (ending === "stall") await new Promise(() => {});
      if (ending === "end") return;
      log(`the source ${ending === "fail" ? "failed" : "threw"}`);
      if (ending === "throw") throw boom;
      await Promise.reject(boom);
    } finally {
      log("the source was left");
    }
  },
};

export const KINDS: readonly Kind[] = [
  node(Readable),
  node(Duplex),
  web("ReadableStream", undefined, undefined),
  BYTES,
  web("bytes, BYOB", "bytes", "byob"),
  RESPONSE,
  GENERATOR,
  iterable("iterable", true),
  iterable("iterable without return", false),
];
