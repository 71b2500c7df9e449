import { NotBytesError, TooLargeError } from "./limit-errors.js";

/** Counts the bytes of chunks up to a limit. */
export class Meter {
  readonly #limit: number;
  #seen = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Throws `ERR_TOO_LARGE` for the chunk that crosses the limit, and `ERR_NOT_BYTES` for what has no size. */
  count(chunk: unknown): void {
    this.#seen += bytesOf(chunk);
    if (this.#seen > this.#limit) throw new TooLargeError(this.#limit, { seen: this.#seen });
  }
}

function bytesOf(chunk: unknown): number {
  if (typeof chunk === "string") return utf8BytesOf(chunk);
  if (ArrayBuffer.isView(chunk)) return chunk.byteLength;
  if (Object.prototype.toString.call(chunk) === "[object ArrayBuffer]")
    return (chunk as ArrayBuffer).byteLength;
  throw new NotBytesError(chunk);
}

// Counted, not encoded: the text may be large, and nobody wants its bytes here.
function utf8BytesOf(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
