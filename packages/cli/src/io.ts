import type { Readable, Writable } from "node:stream";

/** Everything outside of the program, so that it can run inside another one, such as a test. */
export interface Io {
  readonly stdin: Readable;
  /** For data and results. */
  readonly stdout: Screen;
  /** For progress, events and errors: standard output may be carrying the data. */
  readonly stderr: Screen;
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal;
  /** The command that starts this program once more. */
  readonly self: readonly [command: string, ...args: string[]];
  /** The process that started this one and wants to hear from it, if there is one. */
  readonly parent?: Parent | undefined;
}

export type Screen = Writable & { readonly isTTY?: boolean | undefined };

export interface Parent {
  tell(message: object): void;
  /** Aborted when the parent has let go of this process, or has died. */
  readonly gone: AbortSignal;
}
