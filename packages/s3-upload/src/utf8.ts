/**
 * Encodes the strings among chunks. A character of two code units may be cut in two by the chunks of a source;
 * encoded one by one, each half would become a replacement character.
 */
export class Utf8 {
  readonly #encoder = new TextEncoder();
  #half = "";

  /** The bytes of a chunk; at the end, called with undefined, those that are left, if any. */
  encode(chunk: Uint8Array | string | undefined): Uint8Array | undefined {
    if (typeof chunk === "string") {
      const text = this.#half + chunk;
      const cut = isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.length - 1 : text.length;
      this.#half = text.slice(cut);
      return this.#encoder.encode(text.slice(0, cut));
    }
    if (this.#half === "") return chunk;
    const lone = this.#encoder.encode(this.#half);
    this.#half = "";
    if (chunk === undefined) return lone;
    const both = new Uint8Array(lone.length + chunk.length);
    both.set(lone);
    both.set(chunk, lone.length);
    return both;
  }
}

const SLICE = 65_536;

/** A long string in pieces, so that its bytes never exist all at once. */
export function* slices(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += SLICE) yield text.slice(at, at + SLICE);
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
