import type { ObjectStore, ObjectTarget } from "@sluice/object-store";
import { forEach } from "@sluice/read-slots";
import { InvalidValueError } from "@sluice/semaphore";
import { CompactingTransfer } from "./compaction.js";
import { planCompaction } from "./compaction-plan.js";
import type { UploadOptions, UploadResult } from "./options.js";
import { type Part, PartReader } from "./part-reader.js";
import { planParts } from "./plan.js";
import { openBody, type Source, type UploadBody } from "./source.js";
import { Transfer } from "./transfer.js";

//  reading and sending ──source over, all parts sent──▶ publishing ──▶ published
//           │                                               │
//           └────────────failure, abort─────────────────────┴──▶ clearing up ──▶ failed, with the first cause
//
//  What is being cleared up: the source is cancelled at once, requests in progress are stopped and awaited, the
//  memory goes back to the budget, and only then the multipart upload is aborted.

/**
 * Uploads a body of any length in parts, holding no more memory than slots × part size, nor than the budget. What
 * fits into one part is sent by one `put`.
 *
 * - **Order:** parts are read in order and sent as they come; budget is granted first come, first served.
 * - **Abort:** rejects with `signal.reason` when the store is cleared up; a stalled source is not waited for.
 * - **Errors:** the first failure, untouched but for `alsoFailed`, which lists what failed while clearing up.
 *
 * @example
 * ```ts
 * const { etag } = await upload(store, { bucket: "b", key: "k" }, createReadStream(path), { budget });
 * ```
 */
export async function upload(
  store: ObjectStore,
  target: ObjectTarget,
  body: UploadBody,
  options: UploadOptions = {},
): Promise<UploadResult> {
  const { signal, slots = 4, budget } = options;
  const source = openBody(body);
  try {
    signal?.throwIfAborted();
    if (!Number.isSafeInteger(slots) || slots < 1) {
      throw new InvalidValueError("slots", slots, "a whole number from 1 up");
    }
    if (options.compaction) return await compact(store, target, source, options, slots);
    const plan = planParts(store.limits, source.length, options);
    const parts = new PartReader(source, plan, budget);
    const transfer = new Transfer(store, target, options, plan.length, () => parts.held);
    return await run(parts, transfer, slots, signal);
  } catch (cause) {
    // Whatever was refused, the body was given into our hands: an open file must not stay open.
    source.cancel(cause);
    throw cause;
  }
}

function compact(
  store: ObjectStore,
  target: ObjectTarget,
  source: Source,
  options: UploadOptions,
  slots: number,
): Promise<UploadResult> {
  const compaction = typeof options.compaction === "object" ? options.compaction : {};
  const plan = planCompaction(store.limits, source.length, options, compaction);
  const parts = new PartReader(source, plan, options.budget);
  const transfer = new Transfer(store, target, options, plan.length, () => parts.held);
  const compacting = new CompactingTransfer(transfer, store, target, plan, options, compaction);
  return run(parts, compacting, slots, options.signal);
}

async function run(
  parts: PartReader,
  transfer: Pick<Transfer, "send" | "publish" | "abandon"> & { readonly failures: readonly unknown[] },
  slots: number,
  signal: AbortSignal | undefined,
): Promise<UploadResult> {
  const onAbort = () => parts.cancel(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  const send = async (part: Part, stop: AbortSignal) => {
    try {
      await transfer.send(part, stop);
    } catch (cause) {
      // An iterator's `return` cannot say why, and the source is to be told.
      parts.cancel(cause);
      throw cause;
    }
  };
  try {
    await forEach(slots, parts, send, { signal }).finally(() => parts.close());
    return await transfer.publish();
  } catch (cause) {
    await transfer.abandon();
    attach(cause, transfer.failures);
    throw cause;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

// The first failure is the answer, and stays the very object that it was. Reasons that cannot carry anything,
// such as strings and frozen objects, surface without the rest.
function attach(cause: unknown, failures: readonly unknown[]): void {
  if (failures.length === 0 || typeof cause !== "object" || cause === null) return;
  Reflect.defineProperty(cause, "alsoFailed", { value: failures, configurable: true, writable: true });
}
