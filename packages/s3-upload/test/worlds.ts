import { type Fault, type FaultyStore, faulty, MemoryStore, type StoreLimits } from "@sluice/object-store";
import type { UploadBody } from "@sluice/s3-upload";

export const TARGET = { bucket: "bucket", key: "key" };

/** A store whose "5 MiB" are 4 bytes, and what can be asked of it afterwards. */
export interface World {
  readonly store: FaultyStore;
  /** The bytes at the key, or undefined if nothing was published. */
  object(): Promise<Uint8Array | undefined>;
  /** How many multipart uploads are still open. */
  leftovers(): Promise<number>;
  calls(method: string): number;
}

export async function world(
  faults: readonly Fault[] = [],
  limits: Partial<StoreLimits> = {},
): Promise<World> {
  const memory = new MemoryStore({ limits: { minPartSize: 4, maxPartSize: 64, maxPutSize: 64, ...limits } });
  await memory.buckets.create(TARGET.bucket);
  const store = faulty(memory, faults);
  return {
    store,
    async object() {
      const page = await memory.list(TARGET.bucket);
      if (page.objects.length === 0) return undefined;
      const { body } = await memory.get(TARGET);
      return new Uint8Array(await new Response(body).arrayBuffer());
    },
    leftovers: async () => (await memory.listMultiparts(TARGET.bucket)).uploads.length,
    calls: (method) => store.calls.filter((call) => call.method === method).length,
  };
}

/** Bytes that differ from place to place, so that parts in the wrong order do not go unnoticed. */
export const bytesOf = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 37 + (i >> 3)) & 0xff);

/** The bytes in chunks of these sizes, over and over. */
export function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

/** A source that hands out chunks when told, and records whether and when it was stopped. */
export interface Spied {
  readonly body: UploadBody;
  readonly state: { asked: number; stopped: boolean; ended: boolean };
}

/** Chunks, each after `turn`; then the end, an error, or nothing ever. */
export function spied(
  chunks: Iterable<Uint8Array>,
  then: "end" | "stall" | { readonly error: unknown } = "end",
  turn: () => PromiseLike<unknown> = () => Promise.resolve(),
): Spied {
  const state = { asked: 0, stopped: false, ended: false };
  const iterator = chunks[Symbol.iterator]();
  const source: AsyncIterator<Uint8Array> = {
    async next() {
      state.asked++;
      await turn();
      const step = iterator.next();
      if (!step.done) return step;
      if (then === "stall") return new Promise(() => undefined);
      state.ended = true;
      if (then !== "end") throw then.error;
      return step;
    },
    return() {
      if (state.stopped || state.ended) throw new Error("a source is stopped once, and not after its end");
      state.stopped = true;
      return new Promise(() => undefined);
    },
  };
  return { body: { [Symbol.asyncIterator]: () => source }, state };
}

export function deferred<T = void>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
