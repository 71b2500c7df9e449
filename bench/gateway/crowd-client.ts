import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { NodeStore } from "@sluice/s3-fetch/node";
import { BUCKET } from "./keys.js";

/** What a client wants: an object, all of it, fast or slowly; to put one; a part of an upload; an object, asked for once. */
export type Wish = "get" | "slow" | "put" | "part" | "once";

export interface Fate {
  readonly wish: Wish;
  /** `done`: every byte went through, and was right. `told`: 503 with Retry-After, by who asks only once. */
  readonly end: "done" | "told" | "wrong" | "lost";
  /** How often it was told to come again. */
  readonly shed: number;
  /** How often it was cut off or refused otherwise. */
  readonly cut: number;
  /** The last thing that went wrong. */
  readonly said: string | undefined;
}

/** What is asked for, and what is sent. */
export interface Matter {
  readonly store: NodeStore;
  readonly key: string;
  readonly bytes: Uint8Array;
  /** SHA-256, in hex. */
  readonly hash: string;
  readonly part: Uint8Array;
  /** Which upload the part is of, and its number. */
  readonly upload: { readonly bucket: string; readonly key: string; readonly uploadId: string };
}

const MIB = 2 ** 20;
const MOST_CUTS = 5;

/**
 * One client, from its first try to its last: it comes again when it was told to.
 *
 * - **Order:** one try after the other.
 * - **Abort:** it has lost.
 * - **Errors:** none; they are part of its fate.
 */
export async function client(wish: Wish, nth: number, matter: Matter, signal: AbortSignal): Promise<Fate> {
  let shed = 0;
  let cut = 0;
  let said: string | undefined;
  while (!signal.aborted && cut <= MOST_CUTS) {
    try {
      const right = await attempt(wish, nth, matter, signal);
      return { wish, end: right ? "done" : "wrong", shed, cut, said };
    } catch (error) {
      const { status, retryAfter } = error as { status?: number; retryAfter?: number };
      said = String(error).slice(0, 200);
      if (status === 503 && retryAfter !== undefined) {
        shed++;
        if (wish === "once") return { wish, end: "told", shed, cut, said };
        await pause(retryAfter, undefined, { signal }).catch(() => undefined);
      } else if (wish === "once") {
        break;
      } else {
        cut++;
        await pause(200, undefined, { signal }).catch(() => undefined);
      }
    }
  }
  return { wish, end: "lost", shed, cut, said };
}

async function attempt(
  wish: Wish,
  nth: number,
  { store, key, bytes, hash, part, upload }: Matter,
  signal: AbortSignal,
): Promise<boolean> {
  if (wish === "put") {
    const { etag } = await store.put({ bucket: BUCKET, key: `put-${nth}` }, bytes, { signal });
    return etag !== "";
  }
  if (wish === "part") {
    const { etag } = await store.putPart(upload, nth + 1, part, { signal });
    return etag !== "";
  }
  const got = await store.get({ bucket: BUCKET, key }, { signal });
  const digest = createHash("sha256");
  let rested = 0;
  let received = 0;
  for await (const chunk of got.body as unknown as AsyncIterable<Uint8Array>) {
    digest.update(chunk);
    received += chunk.length;
    if (wish === "slow" && received >= rested + MIB) {
      rested = received;
      await pause(100, undefined, { signal });
    }
  }
  return received === bytes.length && digest.digest("hex") === hash;
}
