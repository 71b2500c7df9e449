import { Readable } from "node:stream";

/**
 * What a source hands out: blocks of 64 KiB, each in memory of its own; or views of 200 bytes on slabs of 64 KiB, 32 of
 * each, as a parser does that wants one field of each record. Who keeps such a view keeps ten times its size.
 */
export type Chunking = "blocks" | "views";

const SLAB = 64 * 1024;
const MIB = 2 ** 20;
const VIEW = 200;
const VIEWS = 32;

interface SourceOptions {
  readonly chunking?: Chunking | undefined;
  /** After so many bytes it goes silent for ever. */
  readonly stallAt?: number | undefined;
  /** Called once in a MiB. */
  readonly onMib?: (() => void) | undefined;
}

/** A source in memory, which makes no more than was asked for. */
export function source(bytes: number, options: SourceOptions = {}): Readable {
  const { chunking = "blocks", stallAt = Infinity, onMib } = options;
  const next = chunking === "blocks" ? blocks() : views();
  let made = 0;
  let told = 0;
  return new Readable({
    // As `Readable.from` makes one. Otherwise Node would join the views, and so copy them, before anybody else can.
    objectMode: chunking === "views",
    highWaterMark: chunking === "views" ? VIEWS : 4 * SLAB,
    read() {
      while (made < bytes) {
        if (made >= stallAt) return;
        const chunk = next().subarray(0, Math.min(bytes, stallAt) - made);
        made += chunk.length;
        if (onMib !== undefined && made >= told + MIB) {
          told = made;
          onMib();
        }
        if (!this.push(chunk)) return;
      }
      this.push(null);
    },
  });
}

function blocks(): () => Buffer {
  const block = Buffer.alloc(SLAB, 7);
  return () => Buffer.from(block);
}

function views(): () => Buffer {
  const block = Buffer.alloc(SLAB, 7);
  let slab = block;
  let nth = VIEWS;
  return () => {
    if (nth === VIEWS) {
      slab = Buffer.from(block);
      nth = 0;
    }
    const at = nth++ * (SLAB / VIEWS);
    return slab.subarray(at, at + VIEW);
  };
}
