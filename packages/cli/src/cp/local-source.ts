import { type FileHandle, open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { FailedError } from "../failure.js";
import type { Io } from "../io.js";
import type { FileLocation, StreamLocation } from "../location.js";

export interface LocalSource {
  readonly body: Readable;
  /** Bytes, of a plain file; a pipe or a device ends when it ends. */
  readonly length: number | undefined;
  close(): Promise<void>;
}

/**
 * Opens a file, or standard input.
 *
 * - **Order:** none.
 * - **Abort:** not needed: it is over at once.
 * - **Errors:** those of the system; a folder is refused.
 */
export async function openSource(from: FileLocation | StreamLocation, { stdin }: Io): Promise<LocalSource> {
  if (from.kind === "stream") {
    return {
      body: stdin,
      length: undefined,
      // A writer that stalls must not keep the process alive: nobody is going to read on.
      close: async () => void stdin.destroy(),
    };
  }
  const file = await open(from.path, "r");
  try {
    return await readable(file, from.path);
  } catch (cause) {
    await file.close();
    throw cause;
  }
}

async function readable(file: FileHandle, path: string): Promise<LocalSource> {
  const stat = await file.stat();
  if (stat.isDirectory()) {
    throw new FailedError(
      `${path}: is a folder; copy one file, or pipe it: tar c ${path} | sluice cp - s3://…`,
    );
  }
  const length = stat.isFile() ? stat.size : undefined;
  // A file of /proc says 0 and has bytes all the same.
  const known = length === 0 ? undefined : length;
  const body = file.createReadStream({ highWaterMark: 256 * 1024 });
  body.on("error", () => {});
  return {
    body,
    length: known,
    close: () =>
      new Promise((resolve) => {
        if (body.closed) return resolve();
        body.once("close", resolve).destroy();
      }),
  };
}
