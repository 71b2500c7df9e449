import { hop } from "../settle.js";
import { joined } from "../store/reference-body.js";
import type { Reader } from "./plan.js";
import type { World } from "./world.js";

/** Reads a body, and keeps what came as it came. */
export class Consumer {
  /** Bytes that it has. */
  taken = 0;
  /** When it last got something, and when it lost the body, in milliseconds. */
  lastTook = 0;
  lost = 0;
  ended: "end" | { readonly error: unknown } | undefined;
  readonly #world: World;
  readonly #how: Reader;
  readonly #stopsAfter: number;
  /** Milliseconds that pass before each of its first reads. */
  readonly #pause: number;
  #pauses = 6;
  readonly #chunks: Uint8Array[] = [];
  #cancel: (reason: unknown) => Promise<void> = async () => {};
  #left = false;

  constructor(world: World, how: Reader, stopsAfter = Number.POSITIVE_INFINITY, pause = 0) {
    this.#world = world;
    this.#how = how;
    this.#stopsAfter = stopsAfter;
    this.#pause = pause;
  }

  read(body: ReadableStream<Uint8Array>): void {
    const next = readerOf(body, this.#how.buffers);
    this.#cancel = next.cancel;
    this.lastTook = performance.now();
    // Who does not read hears of a failure as well.
    next.closed.catch((error) => this.#fail(error));
    if (this.#left) void next.cancel("nobody is there any more");
    else void this.#read(next.read);
  }

  /** It asks for nothing more. */
  get stopped(): boolean {
    return this.ended === undefined && this.taken >= this.#stopsAfter;
  }

  /** It has been told to leave. */
  get left(): boolean {
    return this.#left;
  }

  /** Leaves the body, also while a read is pending. */
  async cancel(reason: unknown): Promise<void> {
    this.#left = true;
    this.#world.story.push("cancel");
    await this.#cancel(reason);
    this.ended ??= "end";
  }

  came(): Uint8Array {
    return joined(this.#chunks);
  }

  async #read(read: () => Promise<ReadableStreamReadResult<Uint8Array>>): Promise<void> {
    try {
      while (!this.stopped) {
        for (let turns = this.#how.slow; turns > 0; turns--) await this.#world.turn("the reader waits");
        if (this.#pauses-- > 0)
          for (const began = performance.now(); performance.now() < began + this.#pause; ) await hop();
        if (this.#left) return;
        const { done, value } = await read();
        if (this.#left) return;
        if (done) {
          this.ended = "end";
          this.#world.story.push("the body ends");
          return;
        }
        this.taken += value.length;
        this.lastTook = performance.now();
        this.#chunks.push(value);
        this.#world.story.push(`${value.length} bytes are read`);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#left || this.ended !== undefined) return;
    this.ended = { error };
    this.lost = performance.now();
    this.#world.story.push(`the body fails with ${String(error)}`);
  }
}

/** Reads into buffers of these sizes, where the body is a byte stream. */
function readerOf(body: ReadableStream<Uint8Array>, buffers: readonly number[]) {
  const byob = buffers.length > 0 ? byobReader(body) : undefined;
  if (byob === undefined) {
    const reader = body.getReader();
    const { closed } = reader;
    return { closed, read: () => reader.read(), cancel: (reason: unknown) => reader.cancel(reason) };
  }
  let reads = 0;
  const read = async (): Promise<ReadableStreamReadResult<Uint8Array>> => {
    const { done, value } = await byob.read(new Uint8Array(buffers[reads++ % buffers.length]!));
    return done || value === undefined ? { done: true, value: undefined } : { done, value };
  };
  return { closed: byob.closed, read, cancel: (reason: unknown) => byob.cancel(reason) };
}

function byobReader(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: "byob" });
  } catch {
    return undefined;
  }
}
