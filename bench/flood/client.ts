import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/**
 * How a client behaves: it reads as fast as it can; it reads a MiB, and waits; it hangs up half-way; it hangs up before
 * it was answered; it stops reading, and stays.
 */
export type Kind = "fast" | "slow" | "leaves" | "hurries" | "stops";

export interface Wanted {
  readonly port: number;
  readonly bytes: number;
  /** SHA-256. Without it, bytes are only counted. */
  readonly hash?: string | undefined;
}

export interface Fate {
  readonly kind: Kind;
  /** `whole`: every byte came, and was right. `left`: as it wanted to. `lost`: it gave up. */
  readonly end: "whole" | "wrong" | "left" | "lost";
  /** Of all tries. */
  readonly bytes: number;
  /** How often it was told to come again. */
  readonly shed: number;
  /** How often it was cut off. */
  readonly cut: number;
}

type Try =
  | { readonly end: Fate["end"] | "cut" | "gone"; readonly bytes: number }
  | { readonly again: number };

const STEP = 2 ** 20;
const STEP_MS = 100;
const MOST_CUTS = 10;

/**
 * One client, from its first try to its last: it comes again when it was told to, and when it was cut off.
 *
 * - **Order:** one try after the other.
 * - **Abort:** it hangs up, and has lost; who stops reading has left, as it would have stayed for ever.
 * - **Errors:** none; they are part of its fate.
 */
export async function client(kind: Kind, wanted: Wanted, signal: AbortSignal): Promise<Fate> {
  let shed = 0;
  let cut = 0;
  let bytes = 0;
  const fate = (end: Fate["end"]): Fate => ({ kind, end, bytes, shed, cut });
  while (!signal.aborted) {
    const tried = await attempt(kind, wanted, signal);
    if ("again" in tried) {
      shed++;
      await pause(tried.again, undefined, { signal }).catch(() => undefined);
      continue;
    }
    bytes += tried.bytes;
    if (tried.end === "gone") break; // nobody waits for a server that does not exist
    if (tried.end !== "cut") return fate(tried.end);
    if (++cut > MOST_CUTS) break;
    await pause(100, undefined, { signal }).catch(() => undefined);
  }
  return fate(kind === "stops" && signal.aborted ? "left" : "lost");
}

async function attempt(kind: Kind, wanted: Wanted, signal: AbortSignal): Promise<Try> {
  const seen: Seen = { bytes: 0, hash: wanted.hash === undefined ? undefined : createHash("sha256") };
  const request = get({ host: "127.0.0.1", port: wanted.port, agent: false, signal });
  request.on("error", () => undefined);
  try {
    if (kind === "hurries") {
      await once(request, "finish");
      return { end: "left", bytes: 0 };
    }
    const [response] = (await once(request, "response")) as [IncomingMessage];
    if (response.statusCode === 503) {
      return { again: Number(response.headers["retry-after"]) * 1_000 };
    }
    if (!(await read(kind, response, seen, wanted.bytes, signal))) return { end: "left", bytes: seen.bytes };
    const right = seen.bytes === wanted.bytes && seen.hash?.digest("hex") === wanted.hash;
    return { end: right ? "whole" : "wrong", bytes: seen.bytes };
  } catch (error) {
    const gone = (error as { code?: unknown }).code === "ECONNREFUSED";
    return { end: gone ? "gone" : "cut", bytes: seen.bytes };
  } finally {
    request.destroy();
  }
}

interface Seen {
  bytes: number;
  readonly hash: Hash | undefined;
}

/** Whether it has read to the end. */
async function read(
  kind: Kind,
  response: IncomingMessage,
  seen: Seen,
  length: number,
  signal: AbortSignal,
): Promise<boolean> {
  let rested = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    seen.bytes += chunk.length;
    seen.hash?.update(chunk);
    if (kind === "leaves" && seen.bytes >= length / 2) return false;
    if (kind === "stops") {
      if (!signal.aborted) await once(signal, "abort");
      return false;
    }
    if (kind === "slow" && seen.bytes >= rested + STEP) {
      rested = seen.bytes;
      await pause(STEP_MS, undefined, { signal });
    }
  }
  return true;
}
