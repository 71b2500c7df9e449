import { rss } from "./rss.js";

const LOOK_MS = 25;

export interface LiveWatch {
  /** Looks once more. To be called by the source as well: one that never waits lets no timer through. */
  look(): void;
  /** Ends it, and tells the most, beyond what was there at the begin. */
  stop(): number;
}

/**
 * Looks again and again how many bytes of array buffers are alive: what is left after a collection, so that nothing
 * counts but what somebody still holds.
 */
export function watchLive(): LiveWatch {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) throw new Error("start Node with --expose-gc");
  const alive = (): number => {
    // The memory of what the first one found is given back, and counted, by the second.
    collect();
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  const before = alive();
  let most = before;
  const look = (): void => {
    most = Math.max(most, alive());
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    look,
    stop() {
      clearInterval(timer);
      return most - before;
    },
  };
}

/** What was in memory at one moment. */
export interface Look {
  /** Milliseconds since the first one. */
  readonly ms: number;
  /** Bytes. */
  readonly rss: number;
}

/** Looks at the RSS every so many milliseconds. Ends when it is asked what was seen. */
export function watchRss(every: number): () => Look[] {
  const began = performance.now();
  const looks: Look[] = [];
  const look = (): void => void looks.push({ ms: Math.round(performance.now() - began), rss: rss() });
  look();
  const timer = setInterval(look, every);
  return () => {
    clearInterval(timer);
    look();
    return looks;
  };
}
