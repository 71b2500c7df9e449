import type { StoreLimits } from "@sluice/object-store";
import type { Answer } from "../answer.js";
import type { Asked } from "../protocol/classify.js";
import type { Operation } from "../protocol/operation.js";

/** Bytes that any request has while it is in progress, however little it moves: its headers, its objects, a socket's buffers. */
const BASE = 64 * 1024;
/** A control body is there as it arrived, joined, as what it says, and as what the store and the client are told of it. */
const CONTROL_COPIES = 10;
/** Bytes of an entry in a listing besides its key. */
const ENTRY = 2_048;
/** A key is there as the store's text, as a string, escaped, and as bytes of the answer. */
const KEY_COPIES = 8;

/** The operations whose answers grow with what there is: how many entries they have, and whether those have keys. */
const LISTINGS: Partial<Record<Operation, { readonly most: string | undefined; readonly keys: boolean }>> = {
  ListBuckets: { most: undefined, keys: false },
  ListObjects: { most: "max-keys", keys: true },
  ListObjectsV2: { most: "max-keys", keys: true },
  ListMultipartUploads: { most: "max-uploads", keys: true },
  ListParts: { most: "max-parts", keys: false },
};

/** A store copies by itself, but only what it has. */
const COPIES: ReadonlySet<Operation> = new Set(["CopyObject", "UploadPartCopy"]);

/** What the costs of a gateway depend on. */
export interface CostFacts {
  /** Of the budget, now. */
  readonly capacity: number;
  /** The most that one streamed body has in sockets, runtime and store. */
  readonly requestBytes: number;
  readonly controlBytes: number;
}

/** What is known of a request at the door. */
export interface Known {
  /** Bytes of its body; undefined if it does not say. */
  readonly length?: number | undefined;
  /** Whether there is more than one store, so that a copy may have to come through here. */
  readonly routed?: boolean | undefined;
  /** Of the store that it goes to. */
  readonly limits?: Pick<StoreLimits, "holds" | "maxPageSize" | "maxKeySize"> | undefined;
}

/**
 * Bytes that a request holds at the most, reserved in one step before any of them exists. 0: it holds nothing that is
 * worth counting, and passes always.
 */
export function costOf(asked: Asked, method: string, known: Known, facts: CostFacts): number {
  if (method === "HEAD" || method === "DELETE") return 0;
  const { holds } = known.limits ?? {};
  const base = Math.min(BASE, facts.requestBytes);
  if (asked.body === "read") {
    // Nor is a document refused that the budget has no room for all copies of: it is alone with it.
    return Math.min(facts.capacity, base + CONTROL_COPIES * (known.length ?? mostControlBytes(facts)));
  }
  if (asked.body === "stream") return streamCost(known.length, facts) + (holds?.put ?? 0);
  if (asked.operation === "GetObject") return streamCost(known.length, facts) + (holds?.get ?? 0);
  if (known.routed && COPIES.has(asked.operation)) {
    return streamCost(undefined, facts) + (holds?.get ?? 0) + (holds?.put ?? 0);
  }
  const listing = LISTINGS[asked.operation];
  if (listing === undefined) return base;
  const { maxPageSize = 1_000, maxKeySize = 1_024 } = known.limits ?? {};
  const entry = ENTRY + (listing.keys ? KEY_COPIES * maxKeySize : 0);
  const entries = Math.min(maxPageSize, askedFor(asked, listing.most) ?? maxPageSize);
  // A page that the whole budget is too small for is one that is alone with it.
  return Math.min(facts.capacity, base + entries * entry);
}

/** What is left to hold when the answer is known. */
export function costOfAnswer(asked: Asked, { body }: Answer, { limits }: Known, facts: CostFacts): number {
  // Bytes that are there already are in the socket a second time.
  if (body instanceof Uint8Array) return Math.min(BASE, facts.requestBytes) + 2 * body.length;
  const held = asked.operation === "GetObject" ? (limits?.holds?.get ?? 0) : 0;
  return streamCost(body?.length, facts) + held;
}

/** Bytes that the body of a control operation may have: it must fit the budget twice. */
export const mostControlBytes = ({ capacity, controlBytes }: CostFacts): number =>
  Math.max(1, Math.min(controlBytes, Math.floor(capacity / 2)));

const streamCost = (length: number | undefined, { requestBytes }: CostFacts): number =>
  Math.min(requestBytes, BASE + (length ?? requestBytes));

function askedFor({ query }: Asked, name: string | undefined): number | undefined {
  const text = name === undefined ? undefined : query.get(name);
  return text !== undefined && /^\d{1,10}$/.test(text) ? Math.max(1, Number(text)) : undefined;
}
