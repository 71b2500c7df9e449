import type { Server, TRANSFERS } from "./transfers.js";

/** What came of a trial, in words that pass from one process to another. */
export interface Verdict {
  /** `broken`: a schedule breaks the law. `failed`: something else went wrong, which says nothing about the law. */
  readonly outcome: "kept" | "broken" | "failed";
  /** How many schedules kept the law, or what was wrong. */
  readonly says: string;
}

/** Somewhere a trial can be held. */
export interface Runtime {
  /** Says what it is, with its version. */
  readonly name: string;
  /**
   * Holds the trial of this title.
   *
   * - **Order:** one trial at a time.
   * - **Abort:** cannot be stopped but by closing the runtime.
   * - **Errors:** rejects if the runtime does not answer; a trial that goes wrong is a verdict.
   */
  judge(title: string): Promise<Verdict>;
  /** The titles of all trials that it knows. */
  titles(): Promise<string[]>;
  /**
   * Uses the server, and tells what it saw.
   *
   * - **Order:** none.
   * - **Abort:** cannot be stopped but by closing the runtime.
   * - **Errors:** rejects if the runtime does not answer, and with what the transfer failed with, in words.
   */
  transfer(name: keyof typeof TRANSFERS, server: Server): Promise<unknown>;
  close(): Promise<void>;
}

/** A runtime that serves, see `relay`. */
export interface ServingRuntime extends Runtime {
  /** Such as `http://127.0.0.1:9000`. */
  readonly origin: string;
  /**
   * Sends a request for this key through it.
   *
   * - **Order:** none.
   * - **Abort:** by the signal in `init`.
   * - **Errors:** rejects unless it is answered with success.
   */
  relay(key: string, server: Server, init?: RequestInit): Promise<Response>;
}
