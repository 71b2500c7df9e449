import { type Checksum, createDigest } from "@sluice/object-store";
import { IntegrityError } from "@sluice/s3-download";
import type { Semaphore } from "@sluice/semaphore";
import type { PartFile } from "./part-file.js";

/** Bytes that are read at a time. */
const WINDOW = 2 ** 19;

/** What the bytes must be, and what could be told of them as they came. */
export interface Verifying {
  readonly part: PartFile;
  readonly checksum: Checksum;
  /** The checksum of all of them, if it was made on the way. */
  readonly found: string | undefined;
  readonly budget: Semaphore | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Compares the file with the object's checksum.
 *
 * A checksum that follows from those of its ranges was made on the way. Any other needs the bytes in order, and what an
 * earlier process has written is not taken on trust: then the file is read back, through one buffer.
 */
export async function verify(verifying: Verifying): Promise<void> {
  const { algorithm, value } = verifying.checksum;
  const found = verifying.found ?? (await readBack(verifying));
  if (found !== value) {
    throw new IntegrityError(
      `the object's ${algorithm} is ${value}, but that of the bytes written is ${found}`,
    );
  }
}

async function readBack({ part, checksum, budget, signal }: Verifying): Promise<string> {
  const size = Math.min(WINDOW, part.size, budget?.capacity ?? WINDOW);
  const permit = await budget?.acquire(size, { signal });
  try {
    const digest = createDigest(checksum.algorithm);
    const window = Buffer.allocUnsafeSlow(size);
    for (let at = 0; at < part.size; ) {
      signal?.throwIfAborted();
      const bytes = await part.read(window.subarray(0, Math.min(size, part.size - at)), at);
      if (bytes === 0) throw new IntegrityError(`the file ended at byte ${at}: somebody else writes to it`);
      digest.update(window.subarray(0, bytes));
      at += bytes;
    }
    return Buffer.from(await digest.done()).toString("base64");
  } finally {
    permit?.release();
  }
}
