import type { FileHandle } from "node:fs/promises";
import type { ShelfPart, ShelfRecord } from "@sluice/object-store";
import { StoreError } from "@sluice/object-store";
import { openOwn } from "./own-path.js";

// One file holds an object, so one rename publishes it: its bytes and all that is known of them.
//
//   bytes of the object │ its parts, JSON │ its record, JSON │ length of parts, of record: u32 each │ "SLUICE01"
//
// The record stands at the end, since it is known only when the bytes have been read. Of an object made of parts
// there are no bytes here: they stay in the files of its parts, of which the parts' table says the sizes.

const MAGIC = Buffer.from("SLUICE01", "latin1");
const TRAILER = 8 + MAGIC.length;
// Enough for the record of nearly every object, so that one read finds it.
const TAIL = 4096;

/** A {@link ShelfRecord}, and where the bytes are. */
export interface FileRecord extends ShelfRecord {
  /** The directory of the parts. Left out: the bytes are in this file. */
  readonly partsId?: string | undefined;
  /** Of the file of a part: its number. */
  readonly partNumber?: number | undefined;
}

/** What stands behind the bytes in an object's file. */
export function footerOf(record: FileRecord, parts: readonly ShelfPart[] = []): Buffer {
  const table = Buffer.from(JSON.stringify(parts.map(rowOf)));
  const text = Buffer.from(JSON.stringify({ ...record, lastModified: record.lastModified.getTime() }));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(table.length, 0);
  lengths.writeUInt32BE(text.length, 4);
  return Buffer.concat([table, text, lengths, MAGIC]);
}

// The part's checksum stands third, in base64, if it has one; its algorithm is that of the object's checksum.
type Row = readonly [partNumber: number, size: number, checksum?: string];

const rowOf = ({ partNumber, size, checksum }: ShelfPart): Row =>
  checksum === undefined ? [partNumber, size] : [partNumber, size, checksum.value];

function partOf([partNumber, size, value]: Row, { checksum: whole }: FileRecord): ShelfPart {
  if (value === undefined || whole === undefined) return { partNumber, size };
  return { partNumber, size, checksum: { algorithm: whole.algorithm, value, type: "full-object" } };
}

export interface Footer {
  readonly record: FileRecord;
  readonly parts: () => Promise<readonly ShelfPart[]>;
}

export async function readFooter(file: FileHandle): Promise<Footer> {
  const stats = await file.stat();
  const size = stats.isFile() ? stats.size : 0;
  let tail = await readExactly(file, Math.max(0, size - TAIL), Math.min(size, TAIL));
  if (tail.length < TRAILER || !tail.subarray(-MAGIC.length).equals(MAGIC)) {
    throw new StoreError("InternalError", "a file in the store's directory is not an object's", {
      retryable: false,
    });
  }
  const tableSize = tail.readUInt32BE(tail.length - TRAILER);
  const textSize = tail.readUInt32BE(tail.length - TRAILER + 4);
  const textStart = size - TRAILER - textSize;
  if (tail.length < TRAILER + textSize) tail = await readExactly(file, textStart, textSize + TRAILER);
  const text = tail.subarray(tail.length - TRAILER - textSize, tail.length - TRAILER).toString();
  const stored = JSON.parse(text) as Omit<FileRecord, "lastModified"> & { lastModified: number };
  const record = { ...stored, lastModified: new Date(stored.lastModified) };
  return {
    record,
    async parts() {
      const table = await readExactly(file, textStart - tableSize, tableSize);
      return (JSON.parse(table.toString()) as Row[]).map((row) => partOf(row, record));
    },
  };
}

/** The record in the file at this path, or undefined if there is none. */
export async function readRecord(path: string): Promise<FileRecord | undefined> {
  const file = await openOwn(path);
  if (file === undefined) return undefined;
  try {
    return (await readFooter(file)).record;
  } finally {
    await file.close();
  }
}

/** At least one byte and at most `limit` from this place on, in memory of their own. */
export async function readSome(file: FileHandle, start: number, limit: number): Promise<Buffer<ArrayBuffer>> {
  const buffer = Buffer.allocUnsafeSlow(limit);
  const { bytesRead } = await file.read(buffer, 0, limit, start);
  if (bytesRead > 0) return buffer.subarray(0, bytesRead);
  throw new StoreError("InternalError", `an object's file ends before byte ${start}`, { retryable: false });
}

async function readExactly(file: FileHandle, start: number, length: number): Promise<Buffer<ArrayBuffer>> {
  const buffer = Buffer.allocUnsafeSlow(length);
  for (let at = 0; at < length; ) {
    const some = await readSome(file, start + at, length - at);
    some.copy(buffer, at);
    at += some.length;
  }
  return buffer;
}
