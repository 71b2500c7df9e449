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
import { abandon, CLEANUP_TIME } from "./abandon.js";
import { announced, digestFor, type Integrity } from "./integrity.js";
import { complete, put } from "./lost-answer.js";
import type { UploadOptions, UploadProgress, UploadResult } from "./options.js";
import type { Part } from "./part.js";
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
    const { number, size } = part;
    try {
      const digest = await digestFor(this.#integrity, part);
      if (part.only && size <= this.#store.limits.maxPutSize) {
        const options = { ...headersOf(this.#options), ...conditionsOf(this.#options), ...digest };
        this.#published = await put(this.#store, this.#target, part, options, this.#tries(signal));
      } else {
        this.#beginning ??= this.#begin(signal);
        const upload = await this.#beginning;
        this.#arrived[number - 1] = await retry(
          () => resendable(this.#store.putPart(upload, number, part.body(), { ...digest, signal })),
          { ...this.#options.retry, signal },
        );
      }
      this.#loaded += size;
      this.#parts++;
    } finally {
      part.release();
    }
    this.#report("sending");
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

  // Not under the signal of the upload: a request that is cut off may well have begun a multipart upload, of
  // which nobody knows the id then. So its answer is awaited, for as long as clearing up may take.
  async #begin(signal: AbortSignal): Promise<MultipartTarget> {
    const patience = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const count = () => {
      timer = setTimeout(() => patience.abort(signal.reason), CLEANUP_TIME);
    };
    signal.addEventListener("abort", count);
    try {
      const options = {
        ...headersOf(this.#options),
        ...announced(this.#integrity),
        signal: patience.signal,
      };
      this.#open = await retry(() => this.#store.createMultipart(this.#target, options), {
        ...this.#options.retry,
        signal,
      });
      return this.#open;
    } finally {
      signal.removeEventListener("abort", count);
      clearTimeout(timer);
    }
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
