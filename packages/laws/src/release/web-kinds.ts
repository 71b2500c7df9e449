import type { Consumer, Source, SourcePlan, StreamKind } from "./subject.js";

type Controller = ReadableStreamDefaultController<unknown> | ReadableByteStreamController;

interface Made {
  readonly stream: ReadableStream<unknown>;
  readonly source: Omit<Source, "stream">;
}

function make(plan: SourcePlan, chunkOf: (n: number) => unknown, type?: "bytes"): Made {
  let produced = 0;
  let left: { reason: unknown } | undefined;
  const closes = plan.ending === "end" && plan.endsWithLast;
  const add = (controller: Controller) => {
    controller.enqueue(chunkOf(produced++) as never);
    if (produced === plan.chunks && closes) end(controller);
  };
  const end = (controller: Controller) => {
    controller.close();
    // A reader that waits with its own buffer hears of the end only by this.
    if ("byobRequest" in controller) controller.byobRequest?.respond(0);
  };
  const source = {
    start(controller: Controller) {
      while (plan.eager && produced < plan.chunks) add(controller);
    },
    pull(controller: Controller): Promise<void> | undefined {
      return plan.pace ? plan.pace().then(() => answer(controller)) : answer(controller);
    },
    cancel(reason: unknown) {
      left = { reason };
    },
  };
  function answer(controller: Controller): Promise<void> | undefined {
    // It was told to stop while it took its time.
    if (left) return undefined;
    if (produced < plan.chunks) add(controller);
    else if (plan.ending === "end") end(controller);
    else if (plan.ending === "error") controller.error(plan.failure);
    else return new Promise(() => {});
    return undefined;
  }
  const stream = (
    type === "bytes"
      ? new ReadableStream({ ...source, type } as UnderlyingByteSource, { highWaterMark: 0 })
      : new ReadableStream(source as UnderlyingDefaultSource, { highWaterMark: 0 })
  ) as ReadableStream<unknown>;
  return { stream, source: { produced: () => produced, left: () => left } };
}

/** Chunks that are told apart by being the same object. */
function objects() {
  const made: object[] = [];
  return {
    of(n: number): object {
      made[n] ??= { chunk: n };
      return made[n];
    },
    numberOf: (chunk: unknown) => made.indexOf(chunk as object),
  };
}

const bytesOf = (n: number) => Uint8Array.of(n + 1, 255);
/** The number of the last of the chunks: some runtimes give all bytes that are there to one read. */
function numberOfBytes(bytes: Uint8Array): number {
  const first = (bytes[0] ?? 0) - 1;
  const chunks = bytes.length / 2;
  const whole = bytes.every((byte, at) => byte === (at % 2 === 0 ? first + 1 + at / 2 : 255));
  return whole && chunks >= 1 ? first + chunks - 1 : -1;
}

function readWith(
  reader: ReadableStreamDefaultReader<unknown>,
  numberOf: (chunk: never) => number,
): Consumer {
  return {
    read: async () => {
      const { done, value } = await reader.read();
      return done ? "end" : numberOf(value as never);
    },
    leave: (reason) => reader.cancel(reason),
  };
}

export const isByteStream = (stream: ReadableStream): boolean => {
  try {
    stream.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    return false;
  }
};
const webTraits = (stream: object): string =>
  stream instanceof ReadableStream ? (isByteStream(stream) ? "byte stream" : "web stream") : "no web stream";

/** A web stream of objects, which must stay the same objects. */
export function webStreamKind(): StreamKind {
  const chunks = objects();
  return {
    name: "web ReadableStream",
    queues: true,
    open(plan) {
      const { stream, source } = make(plan, chunks.of);
      return { stream, ...source };
    },
    consume: (stream) => readWith((stream as ReadableStream).getReader(), chunks.numberOf),
    traits: webTraits,
  };
}

const openBytes = (plan: SourcePlan): Source => {
  const { stream, source } = make(plan, bytesOf, "bytes");
  return { stream, ...source };
};

/** A byte stream, read by a default reader. */
export const BYTE_STREAM: StreamKind = {
  name: "byte stream",
  queues: true,
  open: openBytes,
  consume: (stream) => readWith((stream as ReadableStream).getReader(), numberOfBytes),
  traits: webTraits,
};

/** A byte stream, read into the consumer's own buffers. */
export const BYOB_STREAM: StreamKind = {
  ...BYTE_STREAM,
  name: "byte stream with a BYOB reader",
  consume(stream) {
    const reader = (stream as ReadableStream<Uint8Array<ArrayBuffer>>).getReader({ mode: "byob" });
    return {
      read: async () => {
        const { done, value } = await reader.read(new Uint8Array(2));
        return done ? "end" : numberOfBytes(value);
      },
      leave: (reason) => reader.cancel(reason),
    };
  },
};

/** The body of a `Response`, which must keep its status and its headers. */
export const RESPONSE: StreamKind = {
  name: "Response",
  queues: true,
  open(plan) {
    const { stream, source } = make(plan, bytesOf, "bytes");
    const init = { status: 206, statusText: "Some", headers: { "x-kept": "yes" } };
    return { stream: new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>, init), ...source };
  },
  consume: (response) => readWith(((response as Response).body as ReadableStream).getReader(), numberOfBytes),
  traits: (it) => {
    if (!(it instanceof Response)) return "no Response";
    return `${it.status} ${it.statusText} ${it.headers.get("x-kept")} ${it.url} ${it.type} ${it.redirected}`;
  },
};
