import {
  type IntegrityOptions,
  type MultipartTarget,
  type ObjectSource,
  type ObjectStore,
  type ObjectTarget,
  type PartInfo,
  type RetryOptions,
  retry,
} from "@sluice/object-store";
import { abandon, clearUp } from "./abandon.js";
import { announced, type Integrity } from "./integrity.js";
import { complete } from "./lost-answer.js";
import { patiently } from "./patience.js";
import { resendable } from "./resend.js";

//  empty ──first part──▶ begun ──finish──▶ completing ──▶ a temporary object ──copied──▶ a part of its home ──▶ deleted
//                          └─────discard───────┴──────────────────┴────────────────────────────┴──▶ aborted, deleted
//
//  What is on its way from one state to the next counts as being in both, so that nothing is left when it is cut off.

/** What all blocks of an upload have in common. */
export interface Site {
  readonly store: ObjectStore;
  readonly retry: RetryOptions | undefined;
  readonly integrity: Integrity;
  /** Failures beside the one that surfaces. */
  readonly failures: unknown[];
}

/** A multipart upload that finished blocks become parts of. */
export interface Home {
  /** Makes an object a part, by a copy on the server. */
  take(number: number, object: ObjectSource, size: number, signal: AbortSignal | undefined): Promise<void>;
  /** Goes on to the next step, if everything is there. */
  settle(signal: AbortSignal | undefined): Promise<void>;
}

/** Parts that are put together under a temporary name, to become one larger part of what they belong to. */
export class Block implements Home {
  readonly #site: Site;
  readonly #at: ObjectTarget;
  readonly #children: number;
  readonly #home: Home;
  readonly #number: number;
  readonly #onGone: () => void;
  readonly #arrived: PartInfo[] = [];
  #count = 0;
  /** Bytes. */
  #size = 0;
  #beginning: Promise<MultipartTarget> | undefined;
  #open: MultipartTarget | undefined;
  #finishing: Promise<void> | undefined;
  #versionId: string | undefined;

  /** `children`: how many parts it has when it is full. `number`: which part of its home it becomes. */
  constructor(
    site: Site,
    at: ObjectTarget,
    children: number,
    { home, number, onGone }: { home: Home; number: number; onGone: () => void },
  ) {
    this.#site = site;
    this.#at = at;
    this.#children = children;
    this.#home = home;
    this.#number = number;
    this.#onGone = onGone;
  }

  /** Sends a part of the body. */
  async put(number: number, bytes: Uint8Array, digest: IntegrityOptions, signal: AbortSignal): Promise<void> {
    const { store, retry: options } = this.#site;
    const upload = await this.#begin(signal);
    const part = await retry(() => resendable(store.putPart(upload, number, bytes, { ...digest, signal })), {
      ...options,
      signal,
    });
    this.#keep(part, number, bytes.length);
  }

  async take(number: number, object: ObjectSource, size: number, signal?: AbortSignal): Promise<void> {
    const upload = await this.#begin(signal);
    this.#keep(await copyPart(this.#site, upload, number, object, signal), number, size);
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
    const { store, retry: options, failures } = this.#site;
    const fail = (error: unknown) => void failures.push(error);
    if (this.#open !== undefined) await abandon(store, this.#open, options).catch(fail);
    // Whatever came of the abort: a completion without an answer may have made the object all the same.
    if (this.#finishing === undefined) return;
    await clearUp(options, (patience) => this.#delete(patience)).catch(fail);
  }

  async #finish(signal: AbortSignal | undefined): Promise<void> {
    const { store, retry: options, failures } = this.#site;
    const upload = await this.#begin(signal);
    const { versionId } = await patiently(signal, (patience) => {
      const tries = { retry: options, signal: patience, failures };
      return complete(store, upload, this.#arrived, { size: this.#size }, tries);
    });
    this.#versionId = versionId;
    this.#open = undefined;
    await this.#home.take(this.#number, this.#at, this.#size, signal);
    await this.#delete({ ...options, signal });
    this.#onGone();
    await this.#home.settle(signal);
  }

  #begin(signal: AbortSignal | undefined): Promise<MultipartTarget> {
    this.#beginning ??= this.#createUpload(signal);
    return this.#beginning;
  }

  async #createUpload(signal: AbortSignal | undefined): Promise<MultipartTarget> {
    const { store, retry: options, integrity } = this.#site;
    this.#open = await patiently(signal, (patience) =>
      retry(() => store.createMultipart(this.#at, { ...announced(integrity), signal: patience }), {
        ...options,
        signal,
      }),
    );
    return this.#open;
  }

  #keep(part: PartInfo, number: number, size: number): void {
    this.#arrived[number - 1] = part;
    this.#count++;
    this.#size += size;
  }

  // With its version, if it has one: else a bucket that keeps versions would keep, and bill, this one.
  #delete(options: RetryOptions & { readonly signal?: AbortSignal | undefined }): Promise<void> {
    const { signal } = options;
    const object = { ...this.#at, versionId: this.#versionId };
    return retry(() => this.#site.store.delete(object, { signal }), options);
  }
}

/** Copies a whole object into a multipart upload. */
export function copyPart(
  { store, retry: options }: Site,
  upload: MultipartTarget,
  number: number,
  object: ObjectSource,
  signal: AbortSignal | undefined,
): Promise<PartInfo> {
  return retry(() => store.copyPart(upload, number, object, { signal }), { ...options, signal });
}
