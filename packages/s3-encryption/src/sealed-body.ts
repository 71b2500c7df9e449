import { type Chunks, type IntegrityOptions, refusal, type StoreBody, streamOf } from "@sluice/object-store";
import { declaredSize, Runs, sourceOf } from "./body-source.js";
import { ClaimedDigests } from "./claimed-digests.js";
import type { FramePool } from "./frame-pool.js";
import { Loan } from "./frame-pool.js";
import { type Frames, writeCount } from "./frames.js";
import type { FrameCodec, FramePlace, FrameSealer } from "./transform.js";

export interface Sealing {
  readonly frames: Frames;
  readonly pool: FramePool;
  readonly codec: FrameCodec;
  /** 0 for what is put in one piece. */
  readonly part: number;
  /** Whether the object ends with this body. */
  readonly last: boolean;
  readonly claims: IntegrityOptions;
}

// What is sealed at a time, so that neither the processor nor the memory is taken by all of a large piece.
const SLICE = 2 ** 16;

//  between frames ──begin──▶ in a frame ──full──▶ between frames … ──the last is full──▶ compared ──end──▶ over
//
//  The last bytes of the last frame leave after the source has ended where it should and its digests were right: a store
//  that waits for them publishes nothing before.

/** A body as it is to be stored. */
export class SealedBody implements Chunks {
  readonly size: number;
  /** Why it broke off: a store may tell it in other words. */
  failure: unknown;
  readonly #sealing: Sealing;
  readonly #sealer: FrameSealer;
  readonly #loan: Loan;
  readonly #source: Runs;
  readonly #digests: ClaimedDigests;
  readonly #plain: number;
  readonly #count: number;
  readonly #ready: Uint8Array<ArrayBuffer>[] = [];
  #index = -1;
  /** Bytes that the frame still lacks. */
  #lacks = 0;
  #read = 0;
  #over = false;
  #busy = false;

  constructor(body: StoreBody, sealing: Sealing) {
    const { frames, pool, codec, claims } = sealing;
    this.#plain = declaredSize(body);
    this.size = frames.sealedSize(this.#plain);
    this.#count = frames.count(this.#plain);
    if (this.#count >= 2 ** 32) {
      throw refusal("EntityTooLarge", `a body has fewer than 2^32 frames of ${frames.plain} bytes`);
    }
    this.#digests = new ClaimedDigests(claims);
    this.#source = new Runs(sourceOf(body));
    this.#sealing = sealing;
    this.#loan = new Loan(pool);
    this.#sealer = codec.sealer(this.#loan.room);
  }

  /** To be sent once. */
  async toBody(inMemory: boolean): Promise<StoreBody> {
    // Some transports can send again, or send at all, only what they have as a whole.
    if (!inMemory || this.size > SLICE) return { stream: streamOf(this), length: this.size };
    const pieces: Uint8Array[] = [];
    for (let piece = await this.next(); piece !== undefined; piece = await this.next()) pieces.push(piece);
    return pieces;
  }

  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.#busy = true;
    try {
      while (this.#ready.length === 0 && !this.#over) await this.#step();
      return this.#ready.shift();
    } catch (error) {
      // Whoever has cancelled it knows why.
      if (!this.#over) this.failure = error;
      this.#over = true;
      this.#source.cancel(error);
      throw error;
    } finally {
      this.#busy = false;
      if (this.#over) this.#loan.end();
    }
  }

  cancel(reason: unknown): void {
    this.#over = true;
    this.#ready.length = 0;
    this.#source.cancel(reason);
    // What is being sealed still needs its room.
    if (!this.#busy) this.#loan.end();
  }

  async #step(): Promise<void> {
    if (this.#index < 0) return this.#begin();
    if (this.#lacks > 0) return this.#fill();
    const isLast = this.#index === this.#count - 1;
    if (isLast) await this.#compare();
    this.#push(await this.#sealer.end());
    if (!isLast) return this.#begin();
    this.#over = true;
  }

  async #begin(): Promise<void> {
    const { part, last, frames } = this.#sealing;
    this.#index++;
    this.#lacks = Math.min(frames.plain, this.#plain - this.#index * frames.plain);
    const isLast = last && this.#index === this.#count - 1;
    const place: FramePlace = { part, index: this.#index, count: this.#count, last: isLast };
    this.#push([joined([writeCount(this.#count), ...(await this.#sealer.begin(place))])]);
  }

  async #fill(): Promise<void> {
    const some = await this.#source.some(Math.min(SLICE, this.#lacks));
    if (some === undefined) {
      throw refusal(
        "IncompleteBody",
        `the body ended after ${this.#read} of the ${this.#plain} bytes that were announced`,
      );
    }
    this.#digests.update(some);
    this.#lacks -= some.length;
    this.#read += some.length;
    this.#push(await this.#sealer.update(some));
  }

  async #compare(): Promise<void> {
    if ((await this.#source.some(1)) !== undefined) {
      throw refusal("IncompleteBody", `the body has more than the ${this.#plain} bytes that were announced`);
    }
    await this.#digests.compare();
  }

  #push(pieces: readonly Uint8Array<ArrayBuffer>[]): void {
    for (const piece of pieces) if (piece.length > 0) this.#ready.push(piece);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
