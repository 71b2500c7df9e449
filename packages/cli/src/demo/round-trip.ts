import { createHash } from "node:crypto";
import type { ObjectStore, ObjectTarget } from "@sluice/object-store";
import { download } from "@sluice/s3-download";
import { upload } from "@sluice/s3-upload";
import type { MemoryBudget } from "@sluice/semaphore";
import { plan } from "../plan.js";
import { generated } from "./generated.js";
import { readSlowly } from "./slow-reader.js";

export interface Trip {
  readonly store: ObjectStore;
  readonly target: ObjectTarget;
  /** Bytes. */
  readonly size: number;
  /** Both ways draw on it. */
  readonly budget: MemoryBudget;
  readonly signal: AbortSignal;
  /** Called for each step, with the bytes that have been moved until then. */
  readonly onMoved: (bytes: number) => void;
}

/** Bytes per second that the consumer takes at the most, which is less than a server on the same machine gives. */
export const CONSUMER_SPEED = 64 * 2 ** 20;

/**
 * Sends a stream that is produced faster than any server takes it, and answers with its SHA-256.
 *
 * - **Order:** none.
 * - **Abort:** rejects with `signal.reason` when the multipart upload is gone.
 * - **Errors:** the upload's own.
 */
export async function sendAll({ store, target, size, budget, signal, onMoved }: Trip): Promise<string> {
  const hash = createHash("sha256");
  const { slots, partSize } = plan({ budget: budget.capacity, length: size });
  await upload(store, target, hashed(generated(size), hash), {
    slots,
    partSize,
    budget,
    length: size,
    signal,
    onProgress: ({ loaded }) => onMoved(loaded),
  });
  return hash.digest("hex");
}

/**
 * Receives the stream with a consumer that is slower than any server, and answers with its SHA-256.
 *
 * - **Order:** none.
 * - **Abort:** rejects with `signal.reason`.
 * - **Errors:** the download's own.
 */
export async function receiveAll({ store, target, budget, signal, onMoved }: Trip): Promise<string> {
  const hash = createHash("sha256");
  const { slots: window, partSize: rangeSize } = plan({ budget: budget.capacity });
  const { body } = await download(store, target, { window, rangeSize, budget, signal });
  let moved = 0;
  const take = (chunk: Uint8Array) => {
    hash.update(chunk);
    moved += chunk.byteLength;
    onMoved(moved);
  };
  await readSlowly(body, CONSUMER_SPEED, take, signal);
  return hash.digest("hex");
}

function* hashed(
  source: Iterable<Uint8Array>,
  hash: { update(bytes: Uint8Array): unknown },
): Generator<Uint8Array> {
  for (const piece of source) {
    hash.update(piece);
    yield piece;
  }
}
