import { createDigest, type Digest } from "@sluice/object-store";
import { IntegrityError, type ScatteredRanges } from "@sluice/s3-download";
import type { Semaphore } from "@sluice/semaphore";
import type { PartFile } from "./part-file.js";

/** Bytes that are read at a time. */
const WINDOW = 2 ** 19;

/** What the bytes must be, and what could be told of them as they came. */
export interface Verifying {
  readonly part: PartFile;
  readonly comparison: ScatteredRanges["comparison"];
  /** The checksum of all of them, if it was made on the way. */
  readonly found: string | undefined;
  readonly budget: Semaphore | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Compares the file with the object's checksum, if there is one.
 *
 * A checksum that follows from those of its ranges was made on the way. Any other needs the bytes in order, and what an
 * earlier process has written is not taken on trust: then the file is read back, through one buffer. So it is for a
 * checksum of the parts' checksums, since ranges end where parts do not.
 */
export async function verify(verifying: Verifying): Promise<void> {
  const { checksum, inOrder } = verifying.comparison;
  if (checksum === undefined) return;
  if (inOrder !== undefined) return readBack(verifying, (bytes, last) => inOrder.update(bytes, last));
  const found = verifying.found ?? (await digestOf(verifying, createDigest(checksum.algorithm)));
  if (found !== checksum.value) {
    throw new IntegrityError(
      `the object's ${checksum.algorithm} is ${checksum.value}, but that of the bytes written is ${found}`,
    );
  }
}

async function digestOf(verifying: Verifying, digest: Digest): Promise<string> {
  await readBack(verifying, (bytes) => digest.update(bytes));
  return Buffer.from(await digest.done()).toString("base64");
}

async function readBack(
  { part, budget, signal }: Verifying,
  take: (bytes: Uint8Array, last: boolean) => void | Promise<void>,
): Promise<void> {
  const size = Math.min(WINDOW, part.size, budget?.capacity ?? WINDOW);
  const permit = await budget?.acquire(size, { signal });
  try {
    const window = Buffer.allocUnsafeSlow(size);
    for (let at = 0; at < part.size; ) {
      signal?.throwIfAborted();
      const bytes = await part.read(window.subarray(0, Math.min(size, part.size - at)), at);
      if (bytes === 0) throw new IntegrityError(`the file ended at byte ${at}: somebody else writes to it`);
      at += bytes;
      await take(window.subarray(0, bytes), at === part.size);
    }
  } finally {
    permit?.release();
  }
}
