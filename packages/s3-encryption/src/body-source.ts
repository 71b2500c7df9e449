import { type Chunks, chunksOf, refusal, type StoreBody } from "@sluice/object-store";

/** How many bytes a body says it has. */
export function declaredSize(body: StoreBody): number {
  if (body instanceof Uint8Array) return body.length;
  if (!("stream" in body)) return body.reduce((sum, piece) => sum + piece.length, 0);
  if (!Number.isSafeInteger(body.length) || body.length < 0) {
    throw refusal("InvalidArgument", `a stream's length is a whole number from 0 up, got ${body.length}`);
  }
  return body.length;
}

/** Bytes to read, none of them to keep. */
export type Source = Pick<Chunks, "cancel"> & { next(): Promise<Uint8Array | undefined> };

export function sourceOf(body: StoreBody): Source {
  if (!(body instanceof Uint8Array) && "stream" in body) return chunksOf(body.stream);
  const pieces = (body instanceof Uint8Array ? [body] : body).values();
  return {
    async next() {
      for (;;) {
        const { done, value } = pieces.next();
        if (done) return undefined;
        if (value.length > 0) return value;
      }
    },
    cancel() {},
  };
}

/** A source that is read in runs of known lengths, wherever its chunks end. */
export class Runs {
  readonly #source: Source;
  #rest: Uint8Array | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  /** Some bytes, at most `most`; undefined at the end. */
  async some(most: number): Promise<Uint8Array | undefined> {
    const chunk = this.#rest ?? (await this.#source.next());
    if (chunk === undefined) return undefined;
    this.#rest = chunk.length > most ? chunk.subarray(most) : undefined;
    return chunk.length > most ? chunk.subarray(0, most) : chunk;
  }

  /** Exactly so many bytes, which must be few; undefined if there are fewer. */
  async exactly(size: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; ) {
      const some = await this.some(size - at);
      if (some === undefined) return undefined;
      bytes.set(some, at);
      at += some.length;
    }
    return bytes;
  }

  cancel(reason: unknown): void {
    this.#rest = undefined;
    this.#source.cancel(reason);
  }
}
