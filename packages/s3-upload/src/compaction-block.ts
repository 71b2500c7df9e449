import type {
  MultipartTarget,
  ObjectSource,
  ObjectTarget,
  PartInfo,
  PutResult,
  RequestOptions,
} from "@sluice/object-store";
import { retry } from "@sluice/object-store";
import { abandon, clearUp } from "./abandon.js";
import { digestOfAll, digestOfCopy, type PartDigest } from "./integrity.js";
import { patiently } from "./patience.js";
import type { Place } from "./place.js";
import { beginMultipart, completeMultipart, copyPart, putPart, type Sending } from "./steps.js";
import { verifyObject } from "./verify.js";

//  empty ──first part──▶ begun ──finish──▶ completing ──▶ a temporary object ──copied──▶ a part of its home ──▶ deleted
//                          └─────discard───────┴──────────────────┴────────────────────────────┴──▶ aborted, deleted
//
//  What is on its way from one state to the next counts as being in both, so that nothing is left when it is cut off.

/** A multipart upload that finished blocks become parts of. */
export interface Home {
  /** Makes an object a part, by a copy on the server. */
  take(
    number: number,
    object: ObjectSource,
    digest: PartDigest,
    signal: AbortSignal | undefined,
  ): Promise<void>;
  /** Goes on to the next step, if everything is there. */
  settle(signal: AbortSignal | undefined): Promise<void>;
}

/** Parts that are put together under a temporary name, to become one larger part of what they belong to. */
export class Block implements Home {
  readonly #place: Place;
  readonly #failures: unknown[];
  readonly #at: ObjectTarget;
  readonly #children: number;
  readonly #home: Home;
  readonly #number: number;
  readonly #onGone: () => void;
  readonly #arrived: PartInfo[] = [];
  readonly #digests: PartDigest[] = [];
  #count = 0;
  #beginning: Promise<MultipartTarget> | undefined;
  #open: MultipartTarget | undefined;
  #finishing: Promise<void> | undefined;
  #versionId: string | undefined;

  /**
   * `failures`: where those go that must not hide the one that surfaces. `children`: how many parts it has when it is
   * full. `number`: which part of its home it becomes.
   */
  constructor(
    place: Place,
    failures: unknown[],
    at: ObjectTarget,
    children: number,
    { home, number, onGone }: { home: Home; number: number; onGone: () => void },
  ) {
    this.#place = place;
    this.#failures = failures;
    this.#at = at;
    this.#children = children;
    this.#home = home;
    this.#number = number;
    this.#onGone = onGone;
  }

  /** Sends a part of the body. `told`: by which number events and errors tell of it. */
  async put(number: number, sending: Sending, signal: AbortSignal, told: number): Promise<void> {
    const upload = await this.#begin(signal);
    const part = await putPart(this.#place, upload, number, sending, signal, told);
    this.#keep(number, part, { value: sending.digest ?? "", size: sending.part.size });
  }

  async take(
    number: number,
    object: ObjectSource,
    digest: PartDigest,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const upload = await this.#begin(signal);
    const part = await copyPart(this.#place, upload, number, object, digest.value || undefined, signal);
    this.#keep(number, part, digestOfCopy(this.#place.integrity, digest, part));
  }

  /** Finishes the block if it is full. */
  async settle(signal: AbortSignal | undefined): Promise<void> {
    if (this.#count === this.#children) await this.finish(signal);
  }

  /** Makes what has arrived a part of its home. Once. */
  finish(signal: AbortSignal | undefined): Promise<void> {
    this.#finishing ??= this.#finish(signal);
    return this.#finishing;
  }

  /** Leaves nothing of the block on the store. To be called when none of its requests is in progress. Never rejects. */
  async discard(): Promise<void> {
    const { store, options, requests } = this.#place;
    const fail = (error: unknown) => void this.#failures.push(error);
    if (this.#open !== undefined)
      await abandon(store, this.#open, options.retry, requests.access).catch(fail);
    // Whatever came of the abort: a completion without an answer may have made the object all the same.
    if (this.#finishing === undefined) return;
    await clearUp(options.retry, (patience) => retry(() => this.#delete(patience), patience)).catch(fail);
  }

  async #finish(signal: AbortSignal | undefined): Promise<void> {
    const { integrity, requests } = this.#place;
    const upload = await this.#begin(signal);
    const digest = await digestOfAll(integrity, this.#digests);
    const sent = { parts: this.#arrived, digests: this.#digests, size: digest.size };
    const result: PutResult = await patiently(signal, (patience) =>
      completeMultipart(this.#place, upload, sent, { requests, signal: patience, failures: this.#failures }),
    );
    this.#versionId = result.versionId;
    this.#open = undefined;
    await verifyObject(this.#place, sent, result, false);
    await this.#home.take(this.#number, this.#at, digest, signal);
    await requests.make("delete", () => this.#delete({ signal }), signal);
    this.#onGone();
    await this.#home.settle(signal);
  }

  #begin(signal: AbortSignal | undefined): Promise<MultipartTarget> {
    this.#beginning ??= beginMultipart(this.#place, this.#at, signal).then((upload) => {
      this.#open = upload;
      return upload;
    });
    return this.#beginning;
  }

  #keep(number: number, part: PartInfo, digest: PartDigest): void {
    this.#arrived[number - 1] = part;
    this.#digests[number - 1] = digest;
    this.#count++;
  }

  // With its version, if it has one: else a bucket that keeps versions would keep, and bill, this one.
  #delete({ signal }: RequestOptions): Promise<void> {
    const { store, requests } = this.#place;
    const { expectedBucketOwner } = requests.access;
    return store.delete({ ...this.#at, versionId: this.#versionId }, { expectedBucketOwner, signal });
  }
}
