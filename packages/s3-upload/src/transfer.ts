import type { MultipartTarget, ObjectStore, ObjectTarget, PartInfo, PutResult } from "@sluice/object-store";
import { abandon } from "./abandon.js";
import { Checkpoints } from "./checkpoint.js";
import type { UploadEvent } from "./events.js";
import { checksumTypeOf, digestFor, type PartDigest } from "./integrity.js";
import type { Tries } from "./lost-answer.js";
import type { UploadOptions, UploadProgress, UploadResult } from "./options.js";
import type { Part } from "./part.js";
import type { Place } from "./place.js";
import type { Plan } from "./plan.js";
import { Progress } from "./progress.js";
import { Requests } from "./requests.js";
import { Resumed } from "./resume.js";
import { beginMultipart, completeMultipart, putPart, putWhole, type Sending } from "./steps.js";
import { ResumeTokenError, UploadConflictError } from "./transfer-errors.js";
import { verifyObject } from "./verify.js";

//  idle ──the only part──▶ published by put
//    ├────a first part──▶ begun ──publish──▶ completed
//    └────resume────────▶ begun ──abandon──▶ aborted, or kept to be resumed

/** The store's side of one upload: what was begun there, what has arrived, and how it ends. */
export class Transfer {
  readonly #target: ObjectTarget;
  readonly #plan: Pick<Plan, "length" | "growth">;
  readonly #held: () => number;
  readonly #progress = new Progress(() => this.#report("sending"));
  readonly #arrived: PartInfo[] = [];
  readonly #digests: PartDigest[] = [];
  #checkpoints: Checkpoints | undefined;
  #resumed: Resumed | undefined;
  #beginning: Promise<MultipartTarget> | undefined;
  #open: MultipartTarget | undefined;
  #published: PutResult | undefined;
  /** Whether somebody has a token by which to go on. */
  #resumable: boolean;

  readonly place: Place & { readonly options: UploadOptions };
  /** Failures beside the one that surfaces. */
  readonly failures: unknown[] = [];

  /** `plan`: as settled with what `resumable` made of the options. `held` tells how many bytes of memory hold parts. */
  constructor(
    store: ObjectStore,
    target: ObjectTarget,
    options: UploadOptions,
    plan: Pick<Plan, "length" | "growth">,
    held: () => number,
  ) {
    this.#target = { bucket: target.bucket, key: target.key };
    this.#plan = plan;
    this.#held = held;
    this.place = {
      store,
      options,
      integrity: options.integrity ?? "crc32",
      requests: new Requests(options),
    };
    this.#resumable = options.resume !== undefined;
  }

  /** Finds what there is to go on from, if there is a token. To be called before anything is sent. */
  async resume(): Promise<void> {
    const { resume, signal } = this.place.options;
    if (resume === undefined) return;
    this.#resumed = await Resumed.open(this.place, this.#target, resume, this.#plan.length, signal);
    const { upload } = this.#resumed;
    this.#open = upload;
    this.#beginning = Promise.resolve(upload);
    this.#keepCheckpoints();
    this.#tell({ type: "resumed", uploadId: upload.uploadId, parts: this.#resumed.size });
  }

  /**
   * Sends a part and releases its memory: by one `put` if it is the whole body. `elsewhere` sends it to where it waits to
   * be copied.
   */
  async send(
    part: Part,
    signal: AbortSignal,
    elsewhere?: (sending: Sending) => Promise<void>,
  ): Promise<void> {
    const { maxPutSize } = this.place.store.limits;
    try {
      const digest = await digestFor(this.place.integrity, part);
      const sending = { part, digest, meter: this.#progress.meter(part.size) };
      if (elsewhere !== undefined) {
        await elsewhere(sending);
        this.#count(part.number, sending, true);
      } else if (part.only && part.size <= maxPutSize && this.#resumed === undefined) {
        this.#published = await putWhole(this.place, this.#target, sending, this.#tries(signal));
        sending.meter.arrived();
      } else {
        await this.#sendPart(part.number, sending, signal);
      }
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

  /** A part of the upload is there. */
  keep(number: number, part: PartInfo, digest: PartDigest): void {
    this.#arrived[number - 1] = part;
    this.#digests[number - 1] = digest;
  }

  /** Makes the parts the object. All of them must have been sent. */
  async publish(): Promise<UploadResult> {
    const upload = this.#open;
    if (upload !== undefined) {
      this.#resumed?.checkEnd(this.#progress.parts);
      this.#report("completing");
      this.#tell({ type: "completing", parts: this.#progress.parts });
      const sent = { parts: this.#arrived, digests: this.#digests, size: this.#progress.loaded };
      const tries = this.#tries(this.place.options.signal);
      this.#published = await completeMultipart(this.place, upload, sent, tries);
      this.#open = undefined;
      await verifyObject(this.place, sent, this.#published);
    }
    const { loaded: size, parts } = this.#progress;
    this.#tell({ type: "published", size });
    this.#report("done");
    const { etag, versionId, checksum } = this.#published!;
    return {
      ...this.#target,
      etag,
      size,
      parts,
      ...(versionId !== undefined && { versionId }),
      ...(checksum !== undefined && { checksum }),
      ...(upload !== undefined && { uploadId: upload.uploadId }),
    };
  }

  /** Leaves nothing behind that is not to be resumed. To be called when no request is in progress any more. Never rejects. */
  async abandon(cause: unknown): Promise<void> {
    const upload = this.#open;
    if (upload === undefined) return;
    const { store, options, requests } = this.place;
    const { leavePartsOnError = this.#resumable && !(cause instanceof UploadConflictError) } = options;
    // What a token does not fit is somebody else's.
    const kept = leavePartsOnError || cause instanceof ResumeTokenError;
    try {
      if (!kept) await abandon(store, upload, options.retry, requests.access);
      this.#tell({ type: "abandoned", uploadId: upload.uploadId, kept });
    } catch (error) {
      this.failures.push(error);
    }
  }

  async #sendPart(number: number, sending: Sending, signal: AbortSignal): Promise<void> {
    const { part, digest: value } = sending;
    const upload = await this.begin(signal);
    const digest = value === undefined ? undefined : { value, size: part.size };
    const there = digest && (await this.#resumed?.find(number, part, digest));
    const arrived = there ?? (await putPart(this.place, upload, number, sending, signal));
    this.keep(number, arrived, digest ?? { value: "", size: part.size });
    this.#count(number, sending, there === undefined);
    if (digest === undefined || this.#resumed?.records.has(number)) return;
    await this.#checkpoints?.keep(number, arrived.etag, digest);
    this.#checkpoint();
  }

  #count(partNumber: number, { part, meter }: Sending, sent: boolean): void {
    meter.arrived();
    this.#tell({ type: "part", partNumber, size: part.size, sent });
  }

  async #begin(signal: AbortSignal | undefined): Promise<MultipartTarget> {
    const upload = await beginMultipart(this.place, this.#target, signal);
    this.#open = upload;
    this.#keepCheckpoints();
    this.#tell({ type: "begun", uploadId: upload.uploadId });
    this.#checkpoint();
    return upload;
  }

  #keepCheckpoints(): void {
    const { integrity, options } = this.place;
    if (options.onCheckpoint === undefined || integrity === "none") return;
    const { length, growth } = this.#plan;
    const begin = {
      integrity,
      checksumType: checksumTypeOf(integrity, options.checksumType),
      length,
      partSize: growth.first,
      largestPartSize: growth.largest,
    };
    this.#checkpoints = new Checkpoints(begin, this.#resumed?.records);
  }

  #checkpoint(): void {
    if (this.#checkpoints === undefined) return;
    this.place.options.onCheckpoint?.(this.#checkpoints.token(this.#open!));
    this.#resumable = true;
  }

  #tries(signal: AbortSignal | undefined): Tries {
    return { requests: this.place.requests, signal, failures: this.failures };
  }

  #tell(event: UploadEvent): void {
    this.place.options.onEvent?.(event);
  }

  #report(phase: UploadProgress["phase"]): void {
    const { loaded, parts, sent } = this.#progress;
    this.#progress.reported();
    const total = phase === "sending" ? this.#plan.length : loaded;
    this.place.options.onProgress?.({ phase, loaded, sent, total, held: this.#held(), parts });
  }
}
