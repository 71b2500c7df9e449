/** The requests of an upload. */
export type UploadRequest =
  | "put"
  | "createMultipart"
  | "putPart"
  | "copyPart"
  | "listParts"
  | "listMultiparts"
  | "completeMultipart"
  | "head"
  | "delete";

/** What happens to one upload, in its order. */
export type UploadEvent =
  | { readonly type: "begun"; readonly uploadId: string }
  /** `parts`: how many the store has already. */
  | { readonly type: "resumed"; readonly uploadId: string; readonly parts: number }
  /** The store has the part; with `sent: false`, it had it before. `size` in bytes. */
  | { readonly type: "part"; readonly partNumber: number; readonly size: number; readonly sent: boolean }
  | {
      readonly type: "retry";
      readonly request: UploadRequest;
      readonly partNumber: number | undefined;
      /** Which try has failed, from 1. */
      readonly attempt: number;
      /** Milliseconds until the next one. */
      readonly delay: number;
      /** The error's `code`. */
      readonly code: unknown;
      readonly error: unknown;
    }
  | { readonly type: "completing"; readonly parts: number }
  | { readonly type: "published"; readonly size: number }
  /** It has failed. `kept`: its parts are on the store still. */
  | { readonly type: "abandoned"; readonly uploadId: string; readonly kept: boolean };
