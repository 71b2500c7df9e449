import type { RequestOptions } from "@sluice/object-store";

/** What goes wrong with a request. */
export type Trouble =
  | { readonly does: "hang" }
  | { readonly does: "fail"; readonly error: () => unknown }
  /** Takes or gives nothing more after so many bytes, until the promise resolves or for ever. */
  | { readonly does: "stall"; readonly after: number; readonly until?: Promise<unknown> | undefined }
  /** What it gives breaks off after so many bytes. */
  | { readonly does: "cut"; readonly after: number; readonly error: () => unknown };

/** One request of a gateway. */
export interface Asked {
  readonly method: string;
  /** Which of all requests it is, from 1. */
  readonly nth: number;
  readonly args: readonly unknown[];
  readonly options: RequestOptions;
  /** Bytes that its body has, as it was declared; undefined if it has none. */
  readonly length: number | undefined;
  readonly streamed: boolean;
  /** Bytes of a body that the store has taken, and that it has given. */
  taken: number;
  given: number;
  state: "asked" | "answered" | "over" | "stopped";
}

/** Who looks on, and says what goes wrong. */
export interface Onlooker {
  /** Settles when it is the turn of this. */
  turn(what: string): Promise<unknown>;
  trouble(asked: Asked): Trouble | undefined;
  onAsked(asked: Asked): void;
  /** The store itself is at work, until this has settled. */
  onWork(work: Promise<unknown>): void;
  /** It waits for more of a body, or does so no longer. */
  onWaiting(waits: boolean): void;
  onTaken(asked: Asked, bytes: number): void;
  /** Just before the bytes are handed out. */
  onGiven(asked: Asked, bytes: number): void;
  onEnded(asked: Asked, why: string): void;
  /** How large the next chunk may be. */
  cut(): number;
  /** What the store says of an object. */
  told(result: unknown): unknown;
}
