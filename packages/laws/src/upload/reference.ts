import type { MultipartTarget, ObjectStore, ObjectTarget, PartInfo } from "@sluice/object-store";
import { unless } from "../read-slots/opened.js";
import type { PermitLike } from "../semaphore/subject.js";
import { hex, md5 } from "./digests.js";
import { etagOfParts } from "./harbour.js";
import { clearedUp, isPublished } from "./reference-ending.js";
import { refuseTheTooLarge, whyTooLarge } from "./reference-limits.js";
import { Reading } from "./reference-reading.js";
import { Spooling } from "./reference-spool.js";
import { resumed, type Token } from "./reference-token.js";
import { digestOf, isGone, isLost, retried } from "./reference-tries.js";
import type { Sin } from "./sins.js";
import type { UploadLike, UploadLikeOptions, UploadResultLike } from "./subject.js";

/** An upload in its most obvious form, always in parts; with a sin, in one of its wrong ones. */
export const sinfulUpload =
  (sin?: Sin): UploadLike =>
  (store, target, body, options) => {
    const reading = new Reading(body, options.length, sin);
    const Kind = options.spool === undefined ? Uploading : Spooling;
    return new Kind(store, target, options, reading, sin).run();
  };

class Uploading {
  readonly #store: ObjectStore;
  readonly #target: ObjectTarget;
  readonly #options: UploadLikeOptions;
  readonly #reading: Reading;
  readonly #sin: Sin | undefined;
  readonly #stop = new AbortController();
  readonly #inFlight = new Set<Promise<void>>();
  /** By number, or in the order of arrival. */
  readonly #parts: PartInfo[] = [];
  readonly #digests: Uint8Array[] = [];
  #there: ReadonlyMap<number, PartInfo> = new Map();
  #upload: MultipartTarget | undefined;
  #failure: { cause: unknown } | undefined;
  #loaded = 0;

  constructor(...[store, target, options, reading, sin]: UploadingParts) {
    this.#store = store;
    this.#target = target;
    this.#options = options;
    this.#reading = reading;
    this.#sin = sin;
  }

  async run(): Promise<UploadResultLike> {
    const { signal } = this.#options;
    const onAbort = () => this.#fail(signal.reason);
    signal.addEventListener("abort", onAbort);
    try {
      signal.throwIfAborted();
      refuseTheTooLarge(this.#store, this.#options, this.#sin);
      await this.#begin();
      await this.#sendAll();
    } catch (cause) {
      this.#fail(cause);
    }
    if (this.#sin !== "letsRequestsRun" || !this.#failure) await Promise.all(this.#inFlight);
    try {
      if (!this.#failure) await this.#publish();
    } catch (cause) {
      this.#fail(cause);
    }
    signal.removeEventListener("abort", onAbort);
    const failure = this.#failure as { cause: unknown } | undefined;
    if (failure) throw await this.#clearUp(failure.cause);
    return { size: this.#loaded };
  }

  async #begin(): Promise<void> {
    const token = this.#options.resume as Token | undefined;
    if (token !== undefined && this.#sin !== "startsAnew") {
      this.#upload = { ...this.#target, uploadId: token.upload.uploadId };
      this.#there = await resumed(this.#store, this.#target, token, this.#options.partSize, this.#sin);
    } else {
      this.#upload = await this.#tried(() => this.#store.createMultipart(this.#target));
    }
  }

  async #sendAll(): Promise<void> {
    const { partSize, slots, budget } = this.#options;
    const { signal } = this.#stop;
    const free = this.#sin === "readsAhead" ? slots + 1 : slots;
    const pay = () => (this.#sin === "ignoresTheBudget" ? FREE : budget.acquire(partSize, { signal }));
    for (let number = 1; ; number++) {
      while (this.#inFlight.size >= free) await Promise.race(this.#inFlight);
      signal.throwIfAborted();
      const paid = this.#sin === "paysAfterReading" ? undefined : await pay();
      const read = this.#reading.take(partSize);
      const bytes = await (this.#sin === "waitsForAStalledSource" ? read : unless(signal, read)).catch(
        (cause: unknown) => {
          paid?.release();
          throw cause;
        },
      );
      const permit = paid ?? (await pay());
      if (bytes.length === 0 && (number > 1 || this.#sin === "completesWithoutParts"))
        return permit.release();
      const why = whyTooLarge(this.#store, number, this.#reading.taken, this.#sin);
      if (why !== undefined) permit.release();
      if (why !== undefined && this.#sin === "cutsTheTooLarge") return;
      if (why !== undefined) throw new Error(why);
      this.#send(number, bytes, permit);
      if (bytes.length < partSize && this.#sin !== "sendsChunks") return;
    }
  }

  #send(number: number, bytes: Uint8Array, permit: PermitLike): void {
    if (this.#sin === "freesWhenSent") permit.release();
    let failed = false;
    const sending = this.#sendPart(number, bytes, permit)
      .catch((cause) => {
        failed = true;
        this.#fail(cause);
      })
      .finally(() => {
        if (!failed || this.#sin !== "keepsThePermit") permit.release();
        this.#inFlight.delete(sending);
      });
    this.#inFlight.add(sending);
  }

  async #sendPart(number: number, bytes: Uint8Array, permit: PermitLike): Promise<void> {
    const { partSize, slots, budget, onProgress, onCheckpoint } = this.#options;
    const digest = md5(bytes);
    this.#digests[number - 1] = digest;
    const known = this.#there.get(number);
    const send = async (tries: number) => {
      if (tries > 1 && this.#sin === "countsEachTry") this.#loaded += bytes.length;
      if (tries > 1 && this.#sin === "goesBackByOne") onProgress({ loaded: Math.max(0, this.#loaded - 1) });
      if (tries > 1 && this.#sin === "freesBetweenTries") permit.release();
      if (tries > 1 && this.#sin === "paysForEachTry")
        void (await budget.acquire(partSize, { signal: this.#stop.signal }));
      if (tries === 1 && this.#sin === "countsBeforeTheAnswer") {
        this.#loaded += bytes.length;
        onProgress({ loaded: this.#loaded });
      }
      const sent = this.#sin === "sendsTheRest" && tries > 1 ? bytes.subarray(bytes.length >> 1) : bytes;
      const swaps = this.#sin === "swapsTheFirstTwo" && slots > 1 && number < 3 && bytes.length === partSize;
      const zero = this.#sin === "numbersFromZero" ? -1 : 0;
      const other = this.#sin === "countsOn" ? tries - 1 : swaps ? 3 - 2 * number : zero;
      return this.#store.putPart(this.#upload!, number + other, sent, {
        ...(this.#sin === "dropsTheDigest" && tries > 1 ? {} : this.#digestOf(sent)),
        ...(this.#sin !== "letsRequestsRun" && { signal: this.#stop.signal }),
      });
    };
    const there = known !== undefined && known.etag === `"${hex(digest)}"`;
    const part = there ? known : await this.#tried(send);
    const place = this.#sin === "swapsTheFirstTwo" ? part.partNumber : number;
    this.#parts[this.#sin === "ordersByArrival" ? this.#parts.length : place - 1] = part;
    if (this.#sin !== "countsBeforeTheAnswer") this.#loaded += bytes.length;
    const loaded =
      this.#sin === "countsByNumber"
        ? number * partSize
        : this.#loaded - (this.#sin === "missesTheLast" ? bytes.length : 0);
    onProgress({ loaded });
    onCheckpoint({ upload: this.#upload, partSize, parts: this.#parts.filter(Boolean) } as Token);
  }

  #digestOf(bytes: Uint8Array) {
    if (this.#sin === "sendsNoDigest") return {};
    return digestOf(this.#sin === "sendsTheFirstDigest" ? this.#digests[0]! : md5(bytes));
  }

  async #publish(): Promise<void> {
    if (this.#sin === "publishesNothing" && this.#loaded === 0) return;
    const { signal } = this.#options;
    let lost = false;
    const complete = () =>
      this.#store.completeMultipart(this.#upload!, this.#parts, { signal }).catch((error: unknown) => {
        lost ||= isLost(error);
        throw this.#sin === "givesUpOnLostAnswers" ? new Error("lost", { cause: error }) : error;
      });
    try {
      await this.#tried(complete);
    } catch (error) {
      if (!lost || signal.aborted || this.#sin === "givesUpOnLostAnswers") throw error;
      if (this.#sin === "takesGoneForDone" && isGone(error)) return;
      const etag = this.#sin === "takesAnyForOurs" ? undefined : etagOfParts(this.#digests);
      const what = this.#sin === "comparesTheSize" ? this.#loaded : etag;
      if (!(await isPublished(this.#store, this.#upload!, what))) throw error;
    }
  }

  #fail(cause: unknown): void {
    if (this.#failure) return;
    this.#failure = { cause };
    if (this.#sin !== "leavesTheSource") this.#reading.stop();
    if (this.#sin === "stopsTheSourceTwice") this.#reading.stop();
    this.#stop.abort(cause);
  }

  /** What to fail with, when nothing is left. */
  async #clearUp(cause: unknown): Promise<unknown> {
    let others: unknown[] = [];
    if (this.#upload && !this.#options.leavePartsOnError && this.#sin !== "leavesTheUpload") {
      const clearing = clearedUp(this.#store, this.#upload, this.#sin);
      others = this.#sin === "abortsBehind" ? [] : await clearing;
    }
    if (this.#sin === "masksTheCause" && others.length > 0) return others[0];
    if (this.#sin === "wrapsTheCause") return new Error("the upload failed", { cause });
    if (others.length === 0 || this.#sin === "dropsTheOthers") return cause;
    return Object.assign(cause as object, { alsoFailed: others });
  }

  #tried<T>(attempt: (tries: number) => Promise<T>): Promise<T> {
    return retried(attempt, this.#options.retry, this.#stop.signal, this.#sin);
  }
}

type UploadingParts = [ObjectStore, ObjectTarget, UploadLikeOptions, Reading, Sin | undefined];

const FREE: PermitLike = { weight: 0, release: () => {} };
