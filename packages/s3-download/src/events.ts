/** What happens to one download, in its order. */
export type DownloadEvent =
  /** The first answer is there. */
  | {
      readonly type: "begun";
      /** Bytes of the object, and which of them are read. */
      readonly size: number;
      readonly range: { readonly start: number; readonly end: number };
      readonly etag: string;
      readonly versionId: string | undefined;
    }
  /** A range is asked for, ahead of the reader. Bytes `start` to `end`, both included. */
  | { readonly type: "asked"; readonly start: number; readonly end: number }
  /** The reader has been given the last byte of a range. */
  | { readonly type: "range"; readonly start: number; readonly end: number }
  /** A request is given up: the store has brought nothing for `idleTimeout` milliseconds. A retry follows, or the end. */
  | { readonly type: "stalled"; readonly start: number; readonly idleTimeout: number }
  | {
      readonly type: "retry";
      /** The first byte that is missing, and the last one of the range, if they are known. */
      readonly start: number;
      readonly end: number;
      /** Which try of the range has failed, from 1. */
      readonly attempt: number;
      /** Milliseconds until the next one. */
      readonly delay: number;
      /** The error's `code`. */
      readonly code: unknown;
      readonly error: unknown;
    }
  /** The limit has been found to be another one. Seen when ranges are asked for, so changes in a row may be one event. */
  | { readonly type: "window"; readonly from: number; readonly to: number }
  /** Every byte has been handed on. */
  | { readonly type: "done"; readonly size: number };
