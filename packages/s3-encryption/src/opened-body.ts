import type { Chunks, ObjectTarget } from "@sluice/object-store";
import { Runs, type Source } from "./body-source.js";
import { TamperedError } from "./errors.js";
import { type FramePool, Loan } from "./frame-pool.js";
import { COUNT_SIZE, type Frames, placeAt } from "./frames.js";
import type { FrameCodec, FrameOpener } from "./transform.js";

export interface Opening {
  readonly at: ObjectTarget;
  readonly frames: Frames;
  readonly pool: FramePool;
  readonly codec: FrameCodec;
  /** Bytes of the whole object as it is stored. */
  readonly sealedSize: number;
  /** Whether it was uploaded in parts; then, how many frames each of them has, if that is known. */
  readonly inParts: boolean;
  readonly perPart: number | undefined;
  /** Called with it when it has become known. */
  readonly onPerPart: (count: number) => void;
  /** The frames to read: from the first to before `stop`. The source begins with the first. */
  readonly first: number;
  readonly stop: number;
  /** Which of the object's bytes are wanted of them. */
  readonly from: number;
  readonly to: number;
  readonly signal: AbortSignal | undefined;
}

// What is handed out at a time: a reader that is given a whole frame would hold it for as long as it writes.
const SLICE = 2 ** 16;
const NOTHING = new Uint8Array(0);

//  asked ──▶ reading a frame ──authentic──▶ handing it out, slice by slice ──asked for more──▶ reading the next
//                    └──not what was sealed──▶ failed: none of its bytes was handed out
//
//  One frame at a time, none before it is asked for, and all in the same room.

/** What a stored body says. */
export class OpenedBody implements Chunks {
  readonly #opening: Opening;
  readonly #source: Runs;
  readonly #loan: Loan;
  readonly #opener: FrameOpener;
  readonly #frames: number;
  #perPart: number | undefined;
  #frame: number;
  /** What is left of the frame that was opened last. */
  #plain: Uint8Array = NOTHING;
  #over = false;
  #busy = false;

  constructor(source: Source, opening: Opening) {
    const { frames, pool, codec, sealedSize, perPart, first } = opening;
    this.#opening = opening;
    this.#source = new Runs(source);
    this.#loan = new Loan(pool);
    this.#opener = codec.opener(this.#loan.room);
    this.#frames = Math.ceil(sealedSize / frames.sealed);
    this.#perPart = perPart;
    this.#frame = first;
  }

  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.#busy = true;
    try {
      this.#opening.signal?.throwIfAborted();
      while (this.#plain.length === 0 && !this.#over) {
        if (this.#frame < this.#opening.stop) await this.#open(this.#frame++);
        else this.#over = true;
      }
      if (this.#over) return undefined;
      const slice = new Uint8Array(this.#plain.subarray(0, SLICE));
      // What is left of nothing would keep the whole frame.
      const left = this.#plain.length - slice.length;
      this.#plain = left === 0 ? NOTHING : this.#plain.subarray(slice.length);
      // Not only when the reader asks once more: one that knows the length does not.
      if (this.#plain.length === 0 && this.#frame === this.#opening.stop) this.#over = true;
      return slice;
    } catch (error) {
      this.cancel(error);
      throw error;
    } finally {
      this.#busy = false;
      if (this.#over) this.#loan.end();
    }
  }

  cancel(reason: unknown): void {
    this.#plain = NOTHING;
    this.#over = true;
    this.#source.cancel(reason);
    // What is being opened still needs its room.
    if (!this.#busy) this.#loan.end();
  }

  async #open(frame: number): Promise<void> {
    const { frames, sealedSize, at, from, to } = this.#opening;
    const size = frames.sizeOf(frame, sealedSize);
    const head = await this.#source.exactly(COUNT_SIZE);
    if (head === undefined) throw this.#cutOff(frame);
    const count = new DataView(head.buffer).getUint32(0);
    const perPart = this.#gridFor(frame, count);
    await this.#sealedSo(frame, () =>
      this.#opener.begin(placeAt(frame, this.#frames, perPart, count), size - COUNT_SIZE),
    );
    for (let lacks = size - COUNT_SIZE; lacks > 0; ) {
      const some = await this.#source.some(lacks);
      if (some === undefined) throw this.#cutOff(frame);
      await this.#sealedSo(frame, () => this.#opener.update(some));
      lacks -= some.length;
      this.#opening.signal?.throwIfAborted();
    }
    const plain = await this.#sealedSo(frame, () => this.#opener.end());
    if (this.#over) return;
    if (plain.length !== size - frames.overhead) {
      throw new TamperedError(at, frame, `opens to ${plain.length} bytes, not ${size - frames.overhead}`);
    }
    this.#remember(perPart);
    // Read to its end, a connection can be used again.
    if (this.#frame === this.#opening.stop && (await this.#source.some(1))) this.#source.cancel(undefined);
    const begin = frame * frames.plain;
    this.#plain = plain.subarray(Math.max(0, from - begin), Math.max(0, to - begin));
  }

  // Where a part's first frame is at hand, it says how many there are, and is believed once it has been opened.
  #gridFor(frame: number, count: number): number | undefined {
    const { inParts, at } = this.#opening;
    const wrong = (what: string) => new TamperedError(at, frame, what);
    if (!inParts) {
      if (count !== this.#frames) throw wrong(`is one of ${count}, and the object has ${this.#frames}`);
      return undefined;
    }
    if (frame === 0 && count === 0) throw wrong("is said to be in a part of none");
    return this.#perPart ?? count;
  }

  #remember(perPart: number | undefined): void {
    if (perPart === undefined || this.#perPart !== undefined) return;
    this.#perPart = perPart;
    this.#opening.onPerPart(perPart);
  }

  async #sealedSo<T>(frame: number, step: () => T | Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (cause) {
      throw new TamperedError(this.#opening.at, frame, "is not what was sealed there", cause);
    }
  }

  #cutOff(frame: number): Error {
    return new TamperedError(this.#opening.at, frame, "is cut off");
  }
}
