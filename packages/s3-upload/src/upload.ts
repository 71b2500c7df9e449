import type { ObjectStore, ObjectTarget, StoreLimits } from "@sluice/object-store";
import { forEach } from "@sluice/read-slots";
import { InvalidValueError, type Semaphore, type SemaphoreSnapshot } from "@sluice/semaphore";
import { CompactingTransfer } from "./compaction.js";
import { planCompaction } from "./compaction-plan.js";
import type { Growth } from "./growth.js";
import { algorithmOf } from "./integrity.js";
import type { UploadOptions, UploadResult } from "./options.js";
import type { Part, Parts } from "./part.js";
import { PartMemory } from "./part-memory.js";
import { PartReader } from "./part-reader.js";
import { type Plan, type PlanOptions, planParts } from "./plan.js";
import { readingSlots } from "./requests.js";
import { resumable } from "./resume.js";
import { isRandomAccess, type RandomAccessBody, SectionReader } from "./section-reader.js";
import { openBody, type Source, type UploadBody } from "./source.js";
import { openSpace, spoolOf } from "./spool.js";
import { checkIdleTimeout, watchSource } from "./stall.js";
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
  const { signal, slots = 4, idleTimeout } = options;
  const source = isRandomAccess(body) ? undefined : openBody(body);
  try {
    signal?.throwIfAborted();
    if (typeof slots === "number" ? !Number.isSafeInteger(slots) || slots < 1 : !isSemaphore(slots)) {
      throw new InvalidValueError("slots", slots, "a whole number from 1 up, or a semaphore");
    }
    checkIdleTimeout(idleTimeout);
    const settled = resumable(options, store.limits);
    const [plan, parts] = cut(source ?? (body as RandomAccessBody), store.limits, countOf(slots), settled);
    const transfer = new Transfer(store, target, settled, plan, () => parts.held);
    await transfer.resume();
    const { blocks } = plan;
    const sender = blocks ? new CompactingTransfer(transfer, target, blocks, signal) : transfer;
    return await run(parts, sender, readingSlots(slots), { signal, idleTimeout });
  } catch (cause) {
    // Whatever was refused, the body was given into our hands: an open file must not stay open.
    source?.cancel(cause);
    throw cause;
  }
}

const isSemaphore = (slots: unknown): slots is Semaphore =>
  typeof slots === "object" && slots !== null && "acquire" in slots && "snapshot" in slots;

/** How many parts there may be at a time; of a limit that adapts, its ceiling. */
function countOf(slots: number | Semaphore): number {
  if (typeof slots === "number") return slots;
  const { capacity, max = capacity } = slots.snapshot() as SemaphoreSnapshot & { readonly max?: number };
  return max;
}

function cut(
  body: Source | RandomAccessBody,
  limits: StoreLimits,
  slots: number,
  options: Omit<UploadOptions, "slots"> & { readonly largestPartSize?: number | undefined },
): [Plan, Parts] {
  const { budget, integrity = "crc32", onWarning } = options;
  const algorithm = algorithmOf(integrity);
  if ("readInto" in body) {
    const plan = planFor(limits, body.size, { ...options, slots });
    const memory = new PartMemory(budget ?? ownRoom(plan.growth, slots), algorithm);
    return [plan, new SectionReader(body, plan.growth, memory)];
  }
  const spool = spoolOf(options.spool);
  const shared = spool === undefined ? budget : spool.limit;
  const plan = planFor(limits, body.length, { ...options, slots, budget: shared });
  const room = shared ?? ownRoom(plan.growth, slots);
  const space = openSpace(spool, { slots, room, budget, algorithm });
  return [plan, new PartReader(body, plan, space, onWarning)];
}

// An upload that goes on may have fewer slots than when its largest part was chosen.
const ownRoom = ({ first, largest }: Growth, slots: number) => Math.max(slots * first, largest);

function planFor(
  limits: StoreLimits,
  length: number | undefined,
  options: PlanOptions & Pick<UploadOptions, "compaction" | "resume" | "onCheckpoint">,
): Plan {
  const { compaction } = options;
  if (!compaction) return planParts(limits, length, options);
  return planCompaction(limits, length, options, compaction === true ? {} : compaction);
}

async function run(
  parts: Parts,
  transfer: Pick<Transfer, "send" | "publish" | "abandon"> & { readonly failures: readonly unknown[] },
  slots: number | Semaphore,
  { signal, idleTimeout }: Pick<UploadOptions, "signal" | "idleTimeout">,
): Promise<UploadResult> {
  const reading = new AbortController();
  const stop = (reason: unknown) => {
    parts.cancel(reason);
    reading.abort(reason);
  };
  const onAbort = () => stop(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort);
  const unwatch = watchSource(parts, idleTimeout, stop);
  const send = async (part: Part, stop: AbortSignal) => {
    try {
      await load(part, stop);
      await transfer.send(part, stop);
    } catch (cause) {
      // An iterator's `return` cannot say why, and the source is to be told.
      parts.cancel(cause);
      throw cause;
    }
  };
  try {
    await forEach(slots, parts, send, { signal: reading.signal })
      .finally(unwatch)
      .finally(() => parts.close());
    return await transfer.publish();
  } catch (cause) {
    await transfer.abandon(cause);
    attach(cause, transfer.failures);
    throw cause;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

async function load(part: Part, signal: AbortSignal): Promise<void> {
  try {
    await part.load?.(signal);
  } catch (cause) {
    part.release();
    throw cause;
  }
}

// The first failure is the answer, and stays the very object that it was. Reasons that cannot carry anything,
// such as strings and frozen objects, surface without the rest.
function attach(cause: unknown, failures: readonly unknown[]): void {
  if (failures.length === 0 || typeof cause !== "object" || cause === null) return;
  Reflect.defineProperty(cause, "alsoFailed", { value: failures, configurable: true, writable: true });
}
