import type { ByteRange, GetResult, ObjectStore } from "@sluice/object-store";

/** What a store was asked for, and how many of the bytes it has given are not read by the consumer yet. */
export interface Meter {
  readonly asked: ByteRange[];
  /** Bodies that are neither read to their end nor cancelled, and requests without an answer. */
  open: number;
  mostOpen: number;
  given: number;
}

/** `get` and every chunk of its body wait for `turn`; chunks have the sizes that `cut` says. */
export function metered(
  store: ObjectStore,
  {
    turn = async () => {},
    cut = () => 1000,
  }: { turn?: (what: string) => Promise<unknown>; cut?: () => number } = {},
): { store: ObjectStore; meter: Meter } {
  const meter: Meter = { asked: [], open: 0, mostOpen: 0, given: 0 };

  const spy: ObjectStore["get"] = async (source, options) => {
    meter.asked.push(options?.range ?? { start: 0 });
    meter.open++;
    meter.mostOpen = Math.max(meter.mostOpen, meter.open);
    try {
      await turn("get");
      options?.signal?.throwIfAborted();
      const got = await store.get(source, options);
      return { ...got, body: chopped(got, meter, turn, cut) };
    } catch (error) {
      meter.open--;
      throw error;
    }
  };
  const handler: ProxyHandler<ObjectStore> = {
    get: (target, name) => (name === "get" ? spy : Reflect.get(target, name).bind?.(target)),
  };
  return { store: new Proxy(store, handler), meter };
}

function chopped(
  { body }: GetResult,
  meter: Meter,
  turn: (what: string) => Promise<unknown>,
  cut: () => number,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let rest = new Uint8Array(0);
  let over = false;
  const end = () => {
    if (!over) meter.open--;
    over = true;
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          await turn("chunk");
          if (rest.length === 0) {
            const { done, value } = await reader.read();
            if (done) {
              end();
              return controller.close();
            }
            rest = new Uint8Array(value);
          }
          const chunk = rest.slice(0, cut());
          rest = rest.subarray(chunk.length);
          if (over) return;
          meter.given += chunk.length;
          controller.enqueue(chunk);
        } catch (error) {
          end();
          throw error;
        }
      },
      cancel(reason) {
        end();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

export const bytes = (length: number, seed = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (seed + i * 31 + (i >> 8)) & 255);

export const at = { bucket: "b", key: "k" };

/** Reads the stream to its end; `on` hears of every chunk before the next one is asked for. */
export async function drain(
  body: ReadableStream<Uint8Array>,
  on: (chunk: Uint8Array) => unknown = () => {},
): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of body) {
    all.push(chunk);
    await on(chunk);
  }
  return Buffer.concat(all);
}
