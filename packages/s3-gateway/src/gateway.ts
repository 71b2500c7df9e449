import { prometheusText } from "./metrics/prometheus.js";
import { type GatewaySnapshot, snapshotOf } from "./metrics/snapshot.js";
import type { GatewayOptions } from "./options.js";
import { settle } from "./options.js";
import type { Origin } from "./origin.js";
import { Visit } from "./visit.js";

export interface Gateway {
  /**
   * Answers one S3 request. Every failure is an answer too.
   *
   * - **Order:** first come, first served for each identity; identities take turns.
   * - **Abort:** when `request.signal` aborts, the store is told, and what the request held is given back.
   * - **Errors:** never rejects. The body of an answer errors if the store fails on the way.
   */
  fetch(request: Request, origin?: Origin): Promise<Response>;
  /** A plain record of this moment, and of what has happened until now. */
  snapshot(): GatewaySnapshot;
  /** The same in the text format of Prometheus. No line names a bucket, a key or an identity. */
  metrics(): string;
}

/**
 * Makes an S3 server out of a store: path style, signature version 4, everything streamed, and never more bytes
 * held than the budget has.
 *
 * Throws for options that could never work, such as a budget that no single request fits in.
 *
 * @example
 * ```ts
 * const gateway = createGateway({
 *   store: new MemoryStore(),
 *   budget: new MemoryBudget("64MiB"),
 *   authenticate: (accessKeyId) => credentials.get(accessKeyId),
 * });
 * ```
 */
export function createGateway(options: GatewayOptions): Gateway {
  const settings = settle(options);
  const snapshot = () => snapshotOf(settings);
  return {
    // Runtimes pass things of their own as the second argument, when this is their handler.
    fetch: (request, { peer, closing } = {}) =>
      new Visit(settings, request, {
        peer: typeof peer === "string" ? peer : undefined,
        closing: closing instanceof AbortSignal ? closing : undefined,
      }).answer(),
    snapshot,
    metrics: () => prometheusText(snapshot()),
  };
}
