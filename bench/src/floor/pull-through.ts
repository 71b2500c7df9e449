import { ReadableStream } from "node:stream/web";

type Source<T> = globalThis.ReadableStream<T>;
type Bytes = Uint8Array<ArrayBuffer>;

/** The barest wrapper of a web stream that reads nothing ahead: it knows one end, and no errors. */
export function pullThrough<T>(source: Source<T>, onEnd: () => void): Source<T> {
  const reader = source.getReader();
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        controller.close();
        onEnd();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  ) as Source<T>;
}

/** The same for bytes: who brings a buffer has it filled by the source. */
export function pullBytesThrough(source: Source<Bytes>, onEnd: () => void): Source<Bytes> {
  let byob: ReadableStreamBYOBReader | undefined;
  let plain: ReadableStreamDefaultReader<Bytes> | undefined;
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const request = controller.byobRequest;
      if (request) {
        byob ??= source.getReader({ mode: "byob" });
        const { done, value } = await byob.read(request.view as Bytes);
        if (done) end(controller);
        request.respondWithNewView(value as Bytes);
        return;
      }
      plain ??= source.getReader();
      const { done, value } = await plain.read();
      if (done) end(controller);
      else controller.enqueue(value);
    },
    cancel: (reason) => (byob ?? plain ?? source).cancel(reason),
  }) as Source<Bytes>;

  function end(controller: { close(): void }): void {
    controller.close();
    onEnd();
  }
}
