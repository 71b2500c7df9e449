import type { Shed } from "../admission/admission.js";
import type { GatewayEvent } from "../event.js";
import type { Operation } from "../protocol/operation.js";

/** Seconds: the upper ends of the buckets that durations are counted in. */
export const BUCKETS: readonly number[] = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 300];

/** What has become of the requests of one kind. */
export interface RequestCount {
  /** `"Unknown"` for what is no operation. */
  readonly operation: Operation | "Unknown";
  readonly status: "1xx" | "2xx" | "3xx" | "4xx" | "5xx";
  readonly count: number;
}

/** How long requests took. */
export interface Durations {
  /** Seconds. */
  readonly sum: number;
  readonly count: number;
  /** For each of the buckets, how many took no longer than its upper end, in seconds. */
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
}

const CUTS = [
  "SlowReader",
  "SlowStore",
  "LifetimeOver",
  "RequestTimeout",
  "Aborted",
  "RequestAborted",
] as const;

/** Why a request was given up on the way: the codes of the event. */
export type Cut = (typeof CUTS)[number];

/** Counts what becomes of requests. It grows with the operations that there are, and with nothing else. */
export class Metrics {
  readonly requests = new Map<
    string,
    { operation: Operation | "Unknown"; status: RequestCount["status"]; count: number }
  >();
  readonly shed: Record<Shed, number> = { "line-full": 0, "wait-timeout": 0, closing: 0 };
  readonly cut = Object.fromEntries(CUTS.map((code) => [code, 0])) as Record<Cut, number>;
  readonly #buckets = BUCKETS.map(() => 0);
  inProgress = 0;
  bytesIn = 0;
  bytesOut = 0;
  #seconds = 0;
  #ended = 0;

  begin(): void {
    this.inProgress++;
  }

  end({ operation: known, status, code, shed, ms, bytes }: GatewayEvent): void {
    this.inProgress--;
    const operation = known ?? "Unknown";
    const kind = `${Math.floor(status / 100)}xx` as RequestCount["status"];
    const name = `${operation} ${kind}`;
    const counted = this.requests.get(name);
    if (counted !== undefined) counted.count++;
    else this.requests.set(name, { operation, status: kind, count: 1 });
    if (shed !== undefined) this.shed[shed]++;
    if (code !== undefined && code in this.cut) this.cut[code as Cut]++;
    if (operation === "GetObject") this.bytesOut += bytes;
    else if (operation === "PutObject" || operation === "UploadPart") this.bytesIn += bytes;
    const seconds = ms / 1_000;
    this.#seconds += seconds;
    this.#ended++;
    const at = BUCKETS.findIndex((end) => seconds <= end);
    if (at >= 0) this.#buckets[at]!++;
  }

  get durations(): Durations {
    let count = 0;
    const buckets = BUCKETS.map((le, at) => {
      count += this.#buckets[at]!;
      return { le, count };
    });
    return { sum: this.#seconds, count: this.#ended, buckets };
  }
}
