import type { ByteRange, GetOptions, GetResult, ObjectSource } from "@sluice/object-store";

/** What goes wrong with a request. */
export type Trouble = {
  /** How many turns it takes until it is answered; one if left out. */
  readonly late?: number | undefined;
} & (
  | { readonly does: "fail"; readonly error: () => unknown }
  /** It is not answered until the promise resolves, or never. */
  | { readonly does: "hang"; readonly until?: Promise<unknown> | undefined }
  | { readonly does: "nothing" }
  /** The body breaks off after so many bytes. */
  | { readonly does: "cut"; readonly after: number; readonly error?: unknown }
  /** The body says nothing more after so many bytes, until the promise resolves, or for ever. */
  | { readonly does: "stall"; readonly after: number; readonly until?: Promise<unknown> | undefined }
  /** Other bytes than those that were asked for, and the answer says so. */
  | { readonly does: "answer"; readonly with: (range: ByteRange | undefined) => ByteRange | undefined }
  /** So many bytes behind the last one. */
  | { readonly does: "add"; readonly bytes: number }
  /** A bit of this byte of the object. */
  | { readonly does: "flip"; readonly at: number }
);

/** One request for bytes. */
export interface Asked {
  /** Which of them it is, from 1. */
  readonly nth: number;
  readonly source: ObjectSource;
  readonly options: GetOptions;
  /** The first byte that it asks for. */
  readonly start: number;
  /** Bytes that have been given. */
  given: number;
  state: "asked" | "answered" | "over" | "stopped";
  /** When it last gave a sign of life, and when it was stopped, in milliseconds. */
  heard: number;
  stopped: number;
}

/** It has given all that it was asked for, of an object of so many bytes: only its end is left to be told. */
export const hasGivenAll = ({ start, given, options }: Asked, size: number): boolean =>
  start + given > Math.min(options.range?.end ?? size, size - 1);

/** Who looks on, and says what goes wrong. */
export interface Onlooker {
  /** Settles when it is the turn of this. */
  turn(what: string): Promise<unknown>;
  /** What somebody else does just before a request is carried out. */
  before(asked: Asked): Promise<void>;
  trouble(asked: Asked): Trouble | undefined;
  onAsked(asked: Asked): void;
  /** The store itself is at work, until this has settled. */
  onWork(work: Promise<unknown>): void;
  /** Just before the chunk is handed out. */
  onGiven(asked: Asked, bytes: number): void;
  /** It is over or stopped. */
  onEnded(asked: Asked, why: string): void;
  /** What the store says of its objects. */
  told<Info extends GetResult | Omit<GetResult, "body" | "range">>(info: Info): Info;
  /** How large the next chunk may be. */
  cut(asked: Asked): number;
  readonly asBytes: boolean;
  /** The store does not heed If-Match. */
  readonly deaf: boolean;
}
