import { check, type Work } from "../run/clock.js";

export const MIB = 2 ** 20;
export const CHUNK = new Uint8Array(1024);

/** What there is of it in a run: one sender, and a receiver that counts the bytes. */
export interface Bytes {
  /** What it gives is awaited before the next. */
  send(chunk: Uint8Array): unknown;
  readonly items: AsyncIterable<Uint8Array | Uint8Array[]>;
  close(): unknown;
}

export function chunksOf(open: () => Bytes): Work {
  return async (times) => {
    const { send, items, close } = open();
    const sending = (async () => {
      for (let left = times; left > 0; left--) await send(CHUNK);
      await close();
    })();
    check("bytes that were received", await count(items), times * CHUNK.byteLength);
    await sending;
  };
}

async function count(items: Bytes["items"]): Promise<number> {
  let bytes = 0;
  for await (const item of items) {
    if (Array.isArray(item)) for (const chunk of item) bytes += chunk.byteLength;
    else bytes += item.byteLength;
  }
  return bytes;
}
