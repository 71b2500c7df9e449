import type { ObjectStore, ObjectTarget } from "@sluice/object-store";
import type { SourceLike } from "../read-slots/subject.js";
import type { SemaphoreLike } from "../semaphore/subject.js";

/** What is uploaded. Node streams and web streams are async iterables as well. */
export type UploadBodyLike = Uint8Array<ArrayBuffer> | string | Blob | SourceLike<Uint8Array<ArrayBuffer>>;

/** How often and when a request is tried again. */
export interface RetryLike {
  /** Tries in all, the first included. */
  readonly attempts: number;
  /** Milliseconds that the first delay has at the most; each further one twice as many. */
  readonly baseDelay: number;
  /** Milliseconds. */
  readonly maxDelay: number;
  /** From 0 to below 1: the share of the delay that is waited. To be asked once for each. */
  readonly random: () => number;
}

/** An open file: as much of Node's `FileHandle` as parts on a disk need. */
export interface DiskFileLike {
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
  read(
    into: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

/** A disk: as much of `node:fs/promises` as parts on a disk need, with the flags and codes that are known from there. */
export interface DiskLike {
  mkdir(path: string, options?: object): Promise<unknown>;
  readdir(path: string): Promise<string[]>;
  open(path: string, flags?: string, mode?: number): Promise<DiskFileLike>;
  unlink(path: string): Promise<void>;
  rm(path: string, options?: { readonly force?: boolean | undefined }): Promise<void>;
}

/** Where parts wait on a disk. */
export interface SpoolLike {
  readonly disk: DiskLike;
  readonly directory: string;
  /** Bytes that parts take there together, those of all uploads that are given this very spool. */
  readonly limit: number | undefined;
}

/** What the laws U ask for. What a subject lacks, its laws are waived for, with the reason. */
export interface UploadLikeOptions {
  /** Bytes of the body, where they are declared. */
  readonly length?: number | undefined;
  /** Bytes of every part but the last. */
  readonly partSize: number;
  /** How many parts are read or sent at a time. */
  readonly slots: number;
  /** Bytes that it may hold, shared with other uploads. */
  readonly budget: SemaphoreLike;
  readonly retry: RetryLike;
  readonly signal: AbortSignal;
  /** `loaded`: bytes that the store has acknowledged. */
  readonly onProgress: (progress: { readonly loaded: number }) => void;
  /** Leaves the multipart upload on the store after a failure, so that another upload can go on with it. */
  readonly leavePartsOnError: boolean;
  /** Hears of what an upload can go on from. Anything that survives JSON. */
  readonly onCheckpoint: (token: unknown) => void;
  /** The last token of another upload, of the same body from its beginning. */
  readonly resume?: unknown;
  /** Lets parts wait on a disk; what is read from there is what is sent. Left out: they wait in memory. */
  readonly spool?: SpoolLike | undefined;
}

export interface UploadResultLike {
  /** Bytes of the object. */
  readonly size?: number | undefined;
}

/** What is judged: makes an object of a body. */
export type UploadLike = (
  store: ObjectStore,
  target: ObjectTarget,
  body: UploadBodyLike,
  options: UploadLikeOptions,
) => Promise<UploadResultLike>;

/** An implementation, and where it is judged. */
export interface UploadSubject {
  readonly upload: UploadLike;
  /** The budgets that it understands; left out: the kit's own semaphore. */
  readonly budget?: ((bytes: number) => SemaphoreLike) | undefined;
  /** A store that keeps the laws O, such as a real one; left out: the kit's own, in memory. */
  readonly store?: ObjectStore | undefined;
  /** Bytes that it copies through memory where parts wait on a disk: once for each upload, and once for each slot. */
  readonly window?: number | undefined;
  /** An existing bucket of that store, `"bucket"` if left out. What a trial leaves there it deletes. */
  readonly bucket?: string | undefined;
}

/** Makes or finds it; called once for each schedule. */
export type MakeUpload = () => UploadSubject | Promise<UploadSubject>;
