import type { Extent } from "./extent.js";
import type { OpenObject } from "./shelf.js";

/**
 * The bytes of an open object as a stream, which closes it when it ends, fails, or is cancelled or aborted.
 * It reads nothing that was not asked for.
 */
export function objectBody(
  object: OpenObject,
  { start, stop }: Extent,
  chunkSize: number,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  let at = start;
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    signal?.removeEventListener("abort", abort);
    await object.close();
  };
  let fail: (reason: unknown) => void;
  const abort = () => {
    fail(signal!.reason);
    void close().catch(() => undefined);
  };
  const source: UnderlyingByteSource = {
    type: "bytes",
    async start(controller) {
      fail = (reason) => controller.error(reason);
      signal?.addEventListener("abort", abort, { once: true });
      if (at < stop) return;
      await close();
      end(controller);
    },
    async pull(controller) {
      try {
        const bytes = await object.read(at, Math.min(chunkSize, stop - at));
        if (!open) return;
        at += bytes.length;
        if (at === stop) await close();
        controller.enqueue(bytes);
        if (at === stop) end(controller);
      } catch (error) {
        if (!open) return;
        await close().catch(() => undefined);
        throw error;
      }
    },
    cancel: close,
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}

function end(controller: ReadableByteStreamController): void {
  controller.close();
  // A reader that brought its own buffer waits until the buffer is handed back.
  controller.byobRequest?.respond(0);
}
