import type { Asked, Onlooker, Trouble } from "./onlooker.js";

type Bytes = Uint8Array<ArrayBuffer>;

/** The body as its onlooker lets it come. What was aborted fails with the signal's reason, as of any store. */
export function watchedBody(
  inner: ReadableStream<Uint8Array>,
  asked: Asked,
  trouble: Trouble | undefined,
  onlooker: Onlooker,
  end: (state: "over" | "stopped", why: string) => void,
): ReadableStream<Uint8Array> {
  const { signal } = asked.options;
  const reader = inner.getReader();
  const limit = trouble?.does === "cut" || trouble?.does === "stall" ? trouble.after : undefined;
  let rest: Bytes = new Uint8Array(0);
  let extra = trouble?.does === "add" ? trouble.bytes : 0;
  let limited = limit !== undefined;
  const ended = () => asked.state !== "answered";

  const more = async (): Promise<void> => {
    while (rest.length === 0) {
      const reading = reader.read();
      onlooker.onWork(reading);
      const { done, value } = await reading;
      if (!done) rest = value.slice();
      else if (extra === 0) return;
      else {
        rest = new Uint8Array(extra);
        extra = 0;
      }
    }
  };
  /** The next bytes; none at the end. */
  const next = async (): Promise<Bytes> => {
    await more();
    const most = limited ? Math.max(0, limit! - asked.given) : Number.POSITIVE_INFINITY;
    const chunk = rest.slice(0, Math.min(onlooker.cut(asked), most));
    rest = rest.slice(chunk.length);
    const at = trouble?.does === "flip" ? trouble.at - asked.start - asked.given : -1;
    if (at >= 0 && at < chunk.length) chunk[at]! ^= 1;
    return chunk;
  };
  const leave = (reason: unknown) => reader.cancel(reason).catch(() => {});

  const source = {
    start(controller: ReadableStreamController<Bytes>): void {
      const stop = () => {
        if (ended()) return;
        end("stopped", "is aborted");
        void leave(signal?.reason);
        controller.error(signal?.reason);
      };
      if (signal?.aborted) queueMicrotask(stop);
      else signal?.addEventListener("abort", stop, { once: true });
    },
    async pull(controller: ReadableStreamController<Bytes>): Promise<void> {
      await onlooker.turn(`get ${asked.nth} gives`);
      const stuck = limited && asked.given >= limit!;
      if (stuck && trouble?.does === "stall") {
        await (trouble.until ?? new Promise(() => {}));
        limited = false;
      }
      if (ended()) return;
      if (stuck && trouble?.does === "cut") {
        end("over", `breaks off after ${asked.given} bytes`);
        void leave("it has broken off");
        if (trouble.error !== undefined) throw trouble.error;
        return close(controller);
      }
      const chunk = await next();
      if (ended()) return;
      if (chunk.length === 0) {
        end("over", "has been read");
        return close(controller);
      }
      asked.heard = performance.now();
      onlooker.onGiven(asked, chunk.length);
      asked.given += chunk.length;
      controller.enqueue(chunk);
    },
    cancel(reason: unknown): Promise<void> {
      end("stopped", "is cancelled");
      return leave(reason);
    },
  };
  return onlooker.asBytes
    ? new ReadableStream({ ...source, type: "bytes" } as UnderlyingByteSource, { highWaterMark: 0 })
    : new ReadableStream(source as UnderlyingDefaultSource, { highWaterMark: 0 });
}

type ReadableStreamController<T> = Pick<ReadableStreamDefaultController<T>, "enqueue" | "error" | "close"> & {
  readonly byobRequest?: ReadableStreamBYOBRequest | null;
};

function close(controller: ReadableStreamController<Bytes>): void {
  controller.close();
  controller.byobRequest?.respond(0);
}
