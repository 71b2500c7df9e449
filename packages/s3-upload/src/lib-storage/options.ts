import type {
  CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommandInput,
  PutObjectCommandInput,
  S3Client,
  Tag,
  UploadPartCommandInput,
} from "@aws-sdk/client-s3";
import type { Semaphore } from "@sluice/semaphore";
import type { UploadBody } from "../source.js";

/** What `httpUploadProgress` tells. */
export interface Progress {
  /** Bytes that the store has acknowledged; with a request handler that tells of them, bytes that were sent. */
  loaded?: number | undefined;
  /** Bytes of the whole, if they are known. */
  total?: number | undefined;
  /** The number of the part that has moved on, from 1. */
  part?: number | undefined;
  Key?: string | undefined;
  Bucket?: string | undefined;
}

export type BodyDataTypes = PutObjectCommandInput["Body"] | UploadBody;

/** @deprecated the same as `S3Client` */
export type ServiceClients = S3Client;

export interface RawDataPart {
  partNumber: number;
  data: BodyDataTypes;
  lastPart?: boolean;
}

/** As much of an AbortController as is needed: some polyfills have no more. */
export interface AbortControllerLike {
  readonly signal: AbortSignalLike;
  abort(reason?: unknown): void;
}

export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  /** A function, or nothing: each polyfill gives it other arguments. */
  onabort?: unknown;
  addEventListener?(type: "abort", listener: () => void): void;
  removeEventListener?(type: "abort", listener: () => void): void;
}

export interface Configuration {
  /** How many parts are read or sent at a time. 4 if left out. */
  queueSize: number;
  /** Bytes of each part but the last, 5 MiB at least. If left out that, or more if a known length asks for it. */
  partSize: number;
  /** `true` leaves the multipart upload and its parts on the store after a failure. They cost money until aborted. */
  leavePartsOnError: boolean;
  /** Set by a request of their own, after the object has been published. */
  tags: Tag[];
  /** Aborts the upload, as `abort()` does. */
  abortController?: AbortControllerLike;
}

export interface Options extends Partial<Configuration> {
  /** The body, and what S3 is to be told of it. */
  params: Omit<PutObjectCommandInput, "Body"> & { Body?: BodyDataTypes } & Partial<
      Omit<
        CreateMultipartUploadCommandInput & UploadPartCommandInput & CompleteMultipartUploadCommandInput,
        "Body"
      >
    >;
  client: S3Client;
  /** Bytes shared with other uploads: each part takes its share before its first byte is read. Sluice's own. */
  budget?: Semaphore | undefined;
}

export type Params = Options["params"];
