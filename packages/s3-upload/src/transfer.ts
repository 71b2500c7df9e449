import {
  type MultipartTarget,
  type ObjectHeaders,
  type ObjectStore,
  type ObjectTarget,
  type PartInfo,
  type PutResult,
  retry,
  type WriteConditions,
} from "@sluice/object-store";
import { abandon } from "./abandon.js";
import { announced, digestFor, type Integrity } from "./integrity.js";
import { complete, put } from "./lost-answer.js";
import type { UploadOptions, UploadProgress, UploadResult } from "./options.js";
import type { Part } from "./part-reader.js";
import { patiently } from "./patience.js";
import { resendable } from "./resend.js";

//  idle ──the only part──▶ published by put
//    └────a first part──▶ begun ──publish──▶ completed
//                           └────abandon──▶ aborted

/** The store's side of one upload: what was begun there, what has arrived, and how it ends. */
export class Transfer {
  readonly #store: ObjectStore;
  readonly #target: ObjectTarget;
  readonly #options: UploadOptions;
  readonly #integrity: Integrity;
  readonly #total: number | undefined;
  readonly #held: () => number;
  readonly #arrived: PartInfo[] = [];
  #beginning: Promise<MultipartTarget> | undefined;
  #open: MultipartTarget | undefined;
  #published: PutResult | undefined;
  #parts = 0;
  #loaded = 0;

  /** Failures beside the one that surfaces. */
  readonly failures: unknown[] = [];

  /** `total`: bytes of the body, if known. `held` tells how many bytes of memory hold parts. */
  constructor(
    store: ObjectStore,
    target: ObjectTarget,
    options: UploadOptions,
    total: number | undefined,
    held: () => number,
  ) {
    this.#store = store;
    this.#target = { bucket: target.bucket, key: target.key };
    this.#options = options;
    this.#integrity = options.integrity ?? "crc32";
    this.#total = total;
    this.#held = held;
  }

  /** Sends a part and releases its memory: by one `put` if it is the whole body. */
  async send(part: Part, signal: AbortSignal): Promise<void> {
    const { bytes, number } = part;
    try {
      const digest = await digestFor(this.#integrity, bytes);
      if (part.only && bytes.length <= this.#store.limits.maxPutSize) {
        const options = { ...headersOf(this.#options), ...conditionsOf(this.#options), ...digest };
        this.#published = await put(this.#store, this.#target, bytes, options, this.#tries(signal));
      } else {
        const upload = await this.begin(signal);
        this.#arrived[number - 1] = await retry(
          () => resendable(this.#store.putPart(upload, number, bytes, { ...digest, signal })),
          { ...this.#options.retry, signal },
        );
      }
      this.#loaded += bytes.length;
      this.#parts++;
    } finally {
      part.release();
    }
    this.#report("sending");
  }

  /** The multipart upload of the target. */
  begin(signal: AbortSignal | undefined): Promise<MultipartTarget> {
    this.#beginning ??= this.#begin(signal);
    return this.#beginning;
  }

  /** Counts a part of the body that the store has, though not here yet. */
  count(bytes: number): void {
    this.#loaded += bytes;
    this.#parts++;
    this.#report("sending");
  }

  /** A part of the upload that was made on the store. */
  place(number: number, part: PartInfo): void {
    this.#arrived[number - 1] = part;
  }

  /** Makes the parts the object. All of them must have been sent. */
  async publish(): Promise<UploadResult> {
    const upload = this.#open;
    if (upload !== undefined) {
      this.#report("completing");
      const options = { ...conditionsOf(this.#options), size: this.#loaded };
      const tries = this.#tries(this.#options.signal);
      this.#published = await complete(this.#store, upload, this.#arrived, options, tries);
      this.#open = undefined;
    }
    this.#report("done");
    const { etag, versionId, checksum } = this.#published!;
    return {
      ...this.#target,
      etag,
      size: this.#loaded,
      parts: this.#parts,
      ...(versionId !== undefined && { versionId }),
      ...(checksum !== undefined && { checksum }),
      ...(upload !== undefined && { uploadId: upload.uploadId }),
    };
  }

  /** Leaves nothing behind on the store. To be called when no request is in progress any more. Never rejects. */
  async abandon(): Promise<void> {
    if (this.#open === undefined || this.#options.leavePartsOnError === true) return;
    try {
      await abandon(this.#store, this.#open, this.#options.retry);
    } catch (error) {
      this.failures.push(error);
    }
  }

  async #begin(signal: AbortSignal | undefined): Promise<MultipartTarget> {
    const options = { ...headersOf(this.#options), ...announced(this.#integrity) };
    this.#open = await patiently(signal, (patience) =>
      retry(() => this.#store.createMultipart(this.#target, { ...options, signal: patience }), {
        ...this.#options.retry,
        signal,
      }),
    );
    return this.#open;
  }

  #tries(signal: AbortSignal | undefined) {
    return { retry: this.#options.retry, signal, failures: this.failures };
  }

  #report(phase: UploadProgress["phase"]): void {
    this.#options.onProgress?.({
      phase,
      loaded: this.#loaded,
      total: phase === "sending" ? this.#total : this.#loaded,
      held: this.#held(),
      parts: this.#parts,
    });
  }
}

function headersOf(options: UploadOptions): ObjectHeaders {
  const { contentType, contentEncoding, contentDisposition, contentLanguage, cacheControl, metadata } =
    options;
  return { contentType, contentEncoding, contentDisposition, contentLanguage, cacheControl, metadata };
}

const conditionsOf = ({ ifNoneMatch, ifMatch }: UploadOptions): WriteConditions => ({ ifNoneMatch, ifMatch });
