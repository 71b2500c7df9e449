import { utf8Size } from "@sluice/object-store";
import type { Params } from "./options.js";

/** Bytes of a body, as far as anybody can say before it is read. */
export interface Size {
  readonly bytes: number;
  /** Completes "which was read from …". */
  readonly source: string;
}

const of = (bytes: number, source: string): Size => ({ bytes, source });

/** What was declared, what the body knows of itself, or what its file has at this moment. */
export async function sizeOf({ Body: body, ContentLength: declared }: Params): Promise<Size | undefined> {
  if (typeof declared === "number") {
    return of(declared, "the ContentLength property of the params set by the caller");
  }
  if (typeof body === "string" || body instanceof String) {
    return of(utf8Size(String(body)), "the encoded byte length of the Body string");
  }
  if (typeof body !== "object" || body === null) return undefined;
  const { byteLength, length, size } = body as Partial<Record<"byteLength" | "length" | "size", unknown>>;
  if (typeof byteLength === "number") {
    return of(byteLength, "the byteLength of a typed byte array such as Uint8Array");
  }
  if (isStream(body)) {
    if (typeof length === "number") return of(length, "the value of Body.length");
    if (typeof size === "number") return of(size, "the value of Body.size");
  }
  return isFileStream(body) ? sizeOfFile(body) : undefined;
}

// An array has a length as well, but not in bytes.
const isStream = (body: object) => "stream" in body || "pipe" in body || "getReader" in body;

interface FileStream {
  readonly path: string | Uint8Array;
  /** The first and the last byte, both included: either may be missing, and `end` may be infinite. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}

const isFileStream = (body: object): body is FileStream =>
  "path" in body &&
  (typeof body.path === "string" || body.path instanceof Uint8Array) &&
  "bytesRead" in body &&
  "pending" in body;

async function sizeOfFile({ path, start = 0, end = Infinity }: FileStream): Promise<Size | undefined> {
  try {
    const { stat } = (await import(NODE_FILES)) as { stat(path: string | Uint8Array): Promise<Stats> };
    const stats = await stat(path);
    // A pipe or a device has no size, or says 0.
    if (!stats.isFile() || stats.size === 0) return undefined;
    const bytes = Math.max(0, Math.min(end + 1, stats.size) - start);
    return of(bytes, "the size of the file given by Body.path on disk as reported by stat");
  } catch {
    return undefined;
  }
}

interface Stats {
  readonly size: number;
  isFile(): boolean;
}

// Put together here, so that bundlers for browsers do not look for it.
const NODE_FILES = ["node", "fs/promises"].join(":");
