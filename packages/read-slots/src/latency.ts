import { InvalidValueError } from "@sluice/semaphore";
import { check } from "./options.js";

//  A round trip in full use, of n works at a time:
//
//    waiting = n − n × tolerance × (least ÷ mean)      least: what such works took, on average, in the best round trip
//
//    below 1 ──▶ grow      to 3 ──▶ stay      above ──▶ shrink by one      after 30 of the latter two ──▶ look anew
//
//  Where n are too many for the other side, each takes longer by as much, and nothing comes sooner. To look anew is to go
//  back to where nothing can be waiting, and to find the least once more: else it would be remembered of a network that
//  has gone, or from a time when something was waiting already.

export interface LatencyOptions {
  /** Milliseconds that only grow, as `performance.now` gives, which is what is asked unless told. */
  now?: (() => number) | undefined;
  /** How many times as long as at best works may take before they are taken to wait; from 1 on, 1.5 unless told. */
  tolerance?: number | undefined;
}

// The estimate of what is waiting, and the two thresholds, are those of TCP Vegas (Brakmo and Peterson, 1994; α = 1, β = 3).
// The tolerance, and averages in the place of its least single time, are those of Gradient2 in Netflix' concurrency-limits:
// without them, what varies by chance looks like a queue.
// Source: https://github.com/Netflix/concurrency-limits
const ALPHA = 1;
const BETA = 3;
const TOLERANCE = 1.5;
const ROUNDS = 30;
// What is left of the works that do not seem to wait. All of them would keep an estimate that is too high.
const ANEW = 0.75;

export interface Verdict {
  /** What the limit should be. */
  readonly to: number;
  readonly waiting: number;
  /** Whatever is in progress says nothing of the new limit. */
  readonly anew: boolean;
}

/** Finds out from how long works take whether more at a time would help. */
export class Latency {
  readonly now: () => number;
  readonly #tolerance: number;
  /** By size, in powers of two: there are no more of them than bits in a number. */
  readonly #least = new Map<number, number>();
  readonly #round = new Map<number, { took: number; works: number }>();
  #rounds = 0;

  constructor({ now = () => performance.now(), tolerance = TOLERANCE }: LatencyOptions) {
    check("latency.now", now, "a function", typeof now === "function");
    if (!(tolerance >= 1 && tolerance < Number.POSITIVE_INFINITY)) {
      throw new InvalidValueError("latency.tolerance", tolerance, "a number of at least 1");
    }
    this.now = now;
    this.#tolerance = tolerance;
  }

  /** A work of this size, begun at that time, has ended well. */
  note(size: number, begun: number): void {
    const kind = Math.floor(Math.log2(Math.max(1, size)));
    const round = this.#round.get(kind) ?? { took: 0, works: 0 };
    round.took += Math.max(0, this.now() - begun);
    round.works++;
    this.#round.set(kind, round);
  }

  /** What was noted until now says nothing. */
  forgetRound(): void {
    this.#round.clear();
  }

  /** Ends a round trip in full use of the limit. */
  judge(limit: number): Verdict {
    let took = 0;
    let best = 0;
    for (const [kind, round] of this.#round) {
      const least = Math.min(this.#least.get(kind) ?? Number.POSITIVE_INFINITY, round.took / round.works);
      this.#least.set(kind, least);
      took += round.took;
      best += least * round.works;
    }
    this.#round.clear();
    const share = took > 0 ? best / took : 1;
    const waiting = Math.max(0, limit * (1 - this.#tolerance * share));
    if (waiting < ALPHA) return { to: limit + 1, waiting, anew: false };
    if (++this.#rounds === ROUNDS) {
      this.#rounds = 0;
      this.#least.clear();
      return { to: Math.floor(limit * share * ANEW), waiting, anew: true };
    }
    return { to: waiting > BETA ? limit - 1 : limit, waiting, anew: false };
  }
}
