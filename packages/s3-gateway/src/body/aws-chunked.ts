import { S3Error } from "../protocol/s3-error.js";

//  hex[;chunk-signature=…] CRLF data CRLF … 0[;…] CRLF [name:value CRLF …] CRLF
//
//  header ──size > 0──▶ data ──all of it──▶ data-end ──CRLF──▶ header
//    └─────size = 0──▶ trailer ──empty line──▶ done

/** Who is told what the frames hold, in their order. */
export interface ChunkListener {
  /** A chunk begins, the one before has ended. Size 0 is the last one. */
  onChunk(size: number, signature: string | undefined): void;
  /** A view of what was pushed. */
  onData(bytes: Uint8Array): void;
  /** Called once, at the end. Names in lower case. */
  onEnd(trailers: ReadonlyMap<string, string>): void;
}

/** Bytes of the longest line in each state, with its CRLF: a chunk's header has a size and a signature. */
const LONGEST_LINE = { header: 128, "data-end": 2, trailer: 1_024 };
const MOST_TRAILERS = 8;
/** Bytes of the smallest chunk that is not the last: smaller ones would cost more than they carry. */
const SMALLEST_CHUNK = 8_192;
const CR = 13;
const LF = 10;

/** Takes the framing off, whatever the pieces it arrives in. Copies no data, and holds one line at the most. */
export class AwsChunkedDecoder {
  #state: "header" | "data" | "data-end" | "trailer" | "done" = "header";
  #line = "";
  #left = 0;
  #size: number | undefined;
  readonly #trailers = new Map<string, string>();
  readonly #listener: ChunkListener;

  constructor(listener: ChunkListener) {
    this.#listener = listener;
  }

  /** Whether the last byte of the framing has been seen. */
  get done(): boolean {
    return this.#state === "done";
  }

  /** Throws IncompleteBody, InvalidChunkSizeError or MalformedTrailerError; nothing more may be pushed then. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      at = this.#state === "data" ? this.#takeData(bytes, at) : this.#takeLine(bytes, at);
    }
  }

  #takeData(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#listener.onData(bytes.subarray(at, end));
    this.#left -= end - at;
    if (this.#left === 0) this.#state = "data-end";
    return end;
  }

  #takeLine(bytes: Uint8Array, at: number): number {
    if (this.#state === "done" || this.#state === "data") throw incomplete("there are bytes behind its end");
    const newline = bytes.indexOf(LF, at);
    const end = newline < 0 ? bytes.length : newline + 1;
    if (this.#line.length + end - at > LONGEST_LINE[this.#state]) {
      throw incomplete(this.#state === "data-end" ? "a chunk is longer than it says" : "a line is too long");
    }
    for (let i = at; i < end; i++) this.#line += String.fromCharCode(bytes[i]!);
    if (newline >= 0) this.#endLine();
    return end;
  }

  #endLine(): void {
    const line = this.#line;
    this.#line = "";
    if (line.charCodeAt(line.length - 2) !== CR) throw incomplete("a line does not end in CRLF");
    const text = line.slice(0, -2);
    if (this.#state === "header") this.#onHeader(text);
    else if (this.#state === "trailer") this.#onTrailer(text);
    else this.#state = "header";
  }

  #onHeader(line: string): void {
    const [, digits, signature] =
      /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line) ?? [];
    if (digits === undefined) throw incomplete("a chunk does not begin with its size");
    const size = Number.parseInt(digits, 16);
    if (size > 0 && this.#size !== undefined && this.#size < SMALLEST_CHUNK) {
      throw new S3Error(
        "InvalidChunkSizeError",
        `Only the last chunk is allowed to have a size less than ${SMALLEST_CHUNK} bytes.`,
      );
    }
    this.#listener.onChunk(size, signature);
    this.#size = size;
    this.#left = size;
    this.#state = size > 0 ? "data" : "trailer";
  }

  #onTrailer(line: string): void {
    if (line === "") {
      this.#state = "done";
      this.#listener.onEnd(this.#trailers);
      return;
    }
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (name === "" || this.#trailers.has(name) || this.#trailers.size >= MOST_TRAILERS) {
      throw new S3Error(
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed.",
      );
    }
    this.#trailers.set(name, line.slice(colon + 1).trim());
  }
}

export const incomplete = (why: string): S3Error =>
  new S3Error("IncompleteBody", `The body of the request is not what its headers say: ${why}.`);
