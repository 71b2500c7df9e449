import type { Readable } from "node:stream";
import type { MemoryBudget } from "@sluice/semaphore";

export const BUCKET = "bench";
export const REGION = "us-east-1";
export const CREDENTIALS = { accessKeyId: "nobody", secretAccessKey: "nothing" } as const;

export interface Terms {
  /** Of the sink. */
  readonly endpoint: string;
  /** Bytes. */
  readonly partSize: number;
  /** Parts at a time. */
  readonly slots: number;
  /** For those that know what it is. */
  readonly budget?: MemoryBudget | undefined;
}

/** Whoever uploads. It may keep connections from one upload to the next. */
export interface Subject {
  /**
   * Uploads a body to the bucket of the bench.
   *
   * - **Order:** does not matter; several may be in progress.
   * - **Abort:** rejects, sooner or later.
   * - **Errors:** its own.
   */
  upload(key: string, body: Readable, signal?: AbortSignal): Promise<unknown>;
}

export type Open = (terms: Terms) => Subject;
