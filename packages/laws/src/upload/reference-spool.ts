import type { MultipartTarget, ObjectStore, ObjectTarget, PartInfo, StoreBody } from "@sluice/object-store";
import { unless } from "../read-slots/opened.js";
import { ReferenceSemaphore } from "../semaphore/reference.js";
import type { PermitLike } from "../semaphore/subject.js";
import { clearedUp } from "./reference-ending.js";
import { PartFile, WINDOW } from "./reference-file.js";
import type { Reading } from "./reference-reading.js";
import { retried } from "./reference-tries.js";
import type { Sin } from "./sins.js";
import type { SpoolLike, UploadLikeOptions, UploadResultLike } from "./subject.js";

/** A part that waits, and what it waits in. */
interface Waiting {
  readonly file: PartFile;
  readonly start: number;
  readonly room: PermitLike;
  size: number;
}

const rooms = new WeakMap<SpoolLike, ReferenceSemaphore>();

function roomOf(spool: SpoolLike, sin: Sin | undefined): ReferenceSemaphore {
  const limit =
    spool.limit === undefined || sin === "ignoresTheLimit" ? Number.MAX_SAFE_INTEGER : spool.limit;
  const room = rooms.get(spool) ?? new ReferenceSemaphore(limit, {});
  rooms.set(spool, room);
  return room;
}

/** An upload whose parts wait on a disk, in its most obvious form; with a sin, in one of its wrong ones. */
export class Spooling {
  readonly #store: ObjectStore;
  readonly #target: ObjectTarget;
  readonly #options: UploadLikeOptions;
  readonly #spool: SpoolLike;
  readonly #reading: Reading;
  readonly #sin: Sin | undefined;
  readonly #stop = new AbortController();
  readonly #room: ReferenceSemaphore;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #waiting = new Set<Waiting>();
  readonly #removing = new Set<Promise<void>>();
  readonly #parts: PartInfo[] = [];
  #upload: MultipartTarget | undefined;
  #failure: { cause: unknown } | undefined;
  #only: PartFile | undefined;
  #size = 0;

  constructor(...[store, target, options, reading, sin]: SpoolingParts) {
    this.#store = store;
    this.#target = target;
    this.#options = options;
    this.#reading = reading;
    this.#sin = sin;
    this.#spool = options.spool!;
    this.#room = roomOf(this.#spool, sin);
  }

  async run(): Promise<UploadResultLike> {
    const { signal, budget, slots } = this.#options;
    const onAbort = () => this.#fail(signal.reason);
    signal.addEventListener("abort", onAbort);
    let copies: PermitLike | undefined;
    try {
      signal.throwIfAborted();
      const weight = (1 + slots) * WINDOW;
      if (this.#sin !== "copiesForFree") copies = await budget.acquire(weight, { signal: this.#stop.signal });
      this.#upload = await this.#tried(() => this.#store.createMultipart(this.#target));
      await this.#sendAll();
      await Promise.all(this.#inFlight);
      const complete = () => this.#store.completeMultipart(this.#upload!, this.#parts, { signal });
      if (!this.#failure) await this.#tried(complete);
    } catch (cause) {
      this.#fail(cause);
    }
    await Promise.all(this.#inFlight);
    signal.removeEventListener("abort", onAbort);
    for (const part of this.#waiting) this.#removing.add(this.#remove(part));
    if (this.#sin !== "removesBehind") await Promise.all(this.#removing);
    if (this.#sin !== "removesBehind") await this.#only?.remove();
    copies?.release();
    const failure = this.#failure as { cause: unknown } | undefined;
    if (failure && this.#upload) await clearedUp(this.#store, this.#upload, undefined);
    if (failure) throw failure.cause;
    return { size: this.#size };
  }

  async #sendAll(): Promise<void> {
    const { partSize, slots } = this.#options;
    const free =
      this.#sin === "spoolsTheSource" ? Infinity : this.#sin === "spoolsOneMore" ? slots + 1 : slots;
    for (let number = 1; ; number++) {
      while (this.#inFlight.size >= free) await Promise.race(this.#inFlight);
      this.#stop.signal.throwIfAborted();
      const part = await this.#fill(partSize);
      if (part.size === 0 && number > 1) return this.#remove(part);
      this.#send(number, part);
      if (part.size < partSize) return;
    }
  }

  /** Lets the next bytes of the body wait. */
  async #fill(partSize: number): Promise<Waiting> {
    const { signal } = this.#stop;
    const room = await this.#room.acquire(partSize, { signal });
    const file = this.#only ?? new PartFile(this.#spool, this.#sin);
    const part: Waiting = { file, start: file.size, room, size: 0 };
    if (this.#sin !== "leavesTheHalfWritten") this.#waiting.add(part);
    if (this.#only === undefined) await unless(signal, file.make());
    if (this.#sin === "keepsOneFile") this.#only = file;
    const step = this.#sin === "gathersTheWholePart" ? partSize : WINDOW;
    while (part.size < partSize) {
      const bytes = await unless(signal, this.#reading.take(Math.min(step, partSize - part.size)));
      if (bytes.length === 0) break;
      await file.append(bytes);
      part.size += bytes.length;
    }
    this.#waiting.add(part);
    return part;
  }

  #send(number: number, part: Waiting): void {
    const sending = this.#sendPart(number, part)
      .then(() => this.#leave(part))
      .catch((cause) => {
        this.#fail(cause);
        const forgets = this.#sin === "leavesTheFileOfAFailure" || this.#sin === "keepsTheRoom";
        if (forgets) this.#waiting.delete(part);
        if (this.#sin === "leavesTheFileOfAFailure") part.room.release();
        return this.#sin === "keepsTheRoom" ? part.file.remove() : undefined;
      })
      .finally(() => this.#inFlight.delete(sending));
    this.#inFlight.add(sending);
  }

  async #leave(part: Waiting): Promise<void> {
    const removing = this.#remove(part);
    if (this.#sin === "freesBeforeRemoving") this.#removing.add(removing);
    else await removing;
  }

  async #sendPart(number: number, { file, start, size }: Waiting): Promise<void> {
    const { signal } = this.#stop;
    const back = this.#sin === "readsThePartBack" ? await file.bytes(start, size) : undefined;
    const body = (): StoreBody => back ?? file.body(start, size);
    this.#parts[number - 1] = await this.#tried(() =>
      this.#store.putPart(this.#upload!, number, body(), { signal }),
    );
    this.#size += size;
    this.#options.onProgress({ loaded: this.#size });
  }

  async #remove(part: Waiting): Promise<void> {
    if (!this.#waiting.delete(part)) return;
    if (this.#sin === "freesBeforeRemoving") part.room.release();
    if (this.#sin !== "keepsOneFile") await part.file.remove();
    part.room.release();
  }

  #fail(cause: unknown): void {
    if (this.#failure) return;
    this.#failure = { cause };
    this.#reading.stop();
    this.#stop.abort(cause);
  }

  #tried<T>(attempt: (tries: number) => Promise<T>): Promise<T> {
    return retried(attempt, this.#options.retry, this.#stop.signal, undefined);
  }
}

type SpoolingParts = [ObjectStore, ObjectTarget, UploadLikeOptions, Reading, Sin | undefined];
