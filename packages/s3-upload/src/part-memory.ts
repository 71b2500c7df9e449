import { createDigest, type Digest, type DigestAlgorithm } from "@sluice/object-store";
import { type Permit, Semaphore } from "@sluice/semaphore";
import type { PartBytes, PartPlace, PartSpace } from "./part.js";
import { slicedDigest } from "./sliced-digest.js";

//  A block is a share of the budget and the memory that it pays for: they are never apart.
//
//  granted ──first byte──▶ filled ──released──▶ kept ──next part──▶ filled
//     └──────released────────┴─────not kept──────┴──idle, wanted──▶ back in the budget

interface Block {
  readonly permit: Permit;
  memory: Uint8Array<ArrayBuffer> | undefined;
}

/** Milliseconds that memory may be kept while its source is silent: who waits for it waits so long at the most. */
const KEPT_FOR = 10;
/** Bytes that are digested at a time, while they are still in the processor's cache. */
const SLICE = 2 ** 16;

/** Parts in memory that a budget pays for. */
export class PartMemory implements PartSpace {
  readonly #budget: Semaphore;
  readonly #shared: boolean;
  readonly #algorithm: DigestAlgorithm | undefined;
  readonly #taken = new Set<Block>();
  readonly #kept: Block[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retired = false;
  held = 0;

  /** Whether bytes have come since it was last asked. */
  stirred = false;

  /** `budget`: what is shared with others, or how many bytes may be taken. Parts are digested as they come. */
  constructor(budget: Semaphore | number, algorithm: DigestAlgorithm | undefined) {
    this.#shared = typeof budget !== "number";
    this.#budget =
      typeof budget !== "number" ? budget : new Semaphore(Math.min(budget, Number.MAX_SAFE_INTEGER));
    this.#algorithm = algorithm;
  }

  async take(size: number, signal: AbortSignal): Promise<MemoryPlace> {
    const block = this.#fromKept(size) ?? (await this.#fromBudget(size, signal));
    this.#taken.add(block);
    return new MemoryPlace(this, block, size, this.#algorithm);
  }

  retire(): void {
    this.#retired = true;
    this.#dropKept();
  }

  async close(): Promise<void> {
    this.retire();
    for (const block of this.#taken) this.giveBack(block);
  }

  allocate(block: Block, size: number): Uint8Array<ArrayBuffer> {
    block.memory = new Uint8Array(size);
    this.held += size;
    return block.memory;
  }

  giveBack(block: Block): void {
    if (!this.#taken.delete(block)) return;
    if (!this.#mayKeep(block)) {
      this.#drop(block);
      return;
    }
    this.#kept.push(block);
    this.#timer ??= setTimeout(() => this.#look(), KEPT_FOR);
  }

  #fromKept(size: number): Block | undefined {
    const block = this.#kept.at(-1);
    if (block === undefined) return undefined;
    // Parts grow: then nothing that was kept is of use. And nobody is passed by who waits in line.
    if (block.memory!.length < size || this.#isWanted()) {
      this.#dropKept();
      return undefined;
    }
    this.#kept.pop();
    return block;
  }

  async #fromBudget(size: number, signal: AbortSignal): Promise<Block> {
    const permit = await this.#budget.acquire(size, { signal });
    // Granted and aborted in the same turn.
    if (signal.aborted) permit.release();
    signal.throwIfAborted();
    return { permit, memory: undefined };
  }

  #mayKeep({ memory }: Block): boolean {
    if (this.#retired || memory === undefined) return false;
    return !this.#shared || (this.#kept.length === 0 && !this.#isWanted());
  }

  #dropKept(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const block of this.#kept.splice(0)) this.#drop(block);
  }

  #isWanted(): boolean {
    return this.#shared && this.#budget.waiting > 0;
  }

  #look(): void {
    this.#timer = undefined;
    if (!this.stirred || this.#isWanted()) this.#dropKept();
    this.stirred = false;
    if (this.#kept.length > 0) this.#timer = setTimeout(() => this.#look(), KEPT_FOR);
  }

  #drop(block: Block): void {
    this.held -= block.memory?.length ?? 0;
    block.memory = undefined;
    block.permit.release();
  }
}

/** Memory for one part. */
export class MemoryPlace implements PartPlace {
  readonly #space: PartMemory;
  readonly #block: Block;
  readonly #size: number;
  readonly #algorithm: DigestAlgorithm | undefined;
  readonly #digest: Digest | undefined;
  #filled = 0;
  #digested = 0;

  constructor(space: PartMemory, block: Block, size: number, algorithm: DigestAlgorithm | undefined) {
    this.#space = space;
    this.#block = block;
    this.#size = size;
    this.#algorithm = algorithm;
    this.#digest = algorithm && inSlices(algorithm) ? createDigest(algorithm) : undefined;
  }

  write(bytes: Uint8Array): void {
    this.room(bytes.length).set(bytes);
    this.filled(bytes.length);
  }

  /** Memory for the next bytes: at most so many, and no more than the part has left. */
  room(limit: number): Uint8Array<ArrayBuffer> {
    const memory = this.#block.memory ?? this.#space.allocate(this.#block, this.#size);
    return memory.subarray(this.#filled, Math.min(this.#filled + limit, this.#size));
  }

  /** So many bytes of the room have been filled. */
  filled(count: number): void {
    this.#filled += count;
    this.#space.stirred = true;
    if (this.#filled - this.#digested >= SLICE) this.#catchUp();
  }

  finish(): PartBytes {
    const bytes = this.#block.memory?.subarray(0, this.#filled) ?? new Uint8Array(0);
    this.#catchUp();
    const made = this.#digest?.done();
    return {
      size: bytes.length,
      body: () => bytes,
      digest: (algorithm) =>
        made !== undefined && algorithm === this.#algorithm ? made : slicedDigest(algorithm, bytes),
    };
  }

  release(): void {
    this.#space.giveBack(this.#block);
  }

  #catchUp(): void {
    if (this.#digest === undefined) return;
    this.#digest.update(this.#block.memory?.subarray(this.#digested, this.#filled) ?? new Uint8Array(0));
    this.#digested = this.#filled;
  }
}

// Without Node, SHA digests keep a copy of all that they were given: better for a moment than all the time.
const inSlices = (algorithm: DigestAlgorithm) =>
  !algorithm.startsWith("sha") ||
  (globalThis as { process?: { getBuiltinModule?: unknown } }).process?.getBuiltinModule !== undefined;
