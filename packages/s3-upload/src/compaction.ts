import type { ObjectTarget } from "@sluice/object-store";
import { Block, type Home } from "./compaction-block.js";
import { digestOfCopy } from "./integrity.js";
import type { UploadResult } from "./options.js";
import type { Part } from "./part.js";
import type { Place } from "./place.js";
import type { Blocks } from "./plan.js";
import { copyPart } from "./steps.js";
import type { Transfer } from "./transfer.js";

//                    the target's upload   1 … direct │ block │ block │ …
//                                                         ▲ copied as one part, then deleted
//  a block is a temporary object of parts   1 … maxParts ─┘
//
//  Where `maxParts` parts do not fill a block, it is made of smaller blocks, and these of parts.

/** A {@link Transfer} of more parts than the store takes. It knows from its number where a part belongs. */
export class CompactingTransfer {
  readonly #transfer: Transfer;
  readonly #place: Place;
  readonly #plan: Blocks;
  readonly #signal: AbortSignal | undefined;
  readonly #bucket: string;
  /** Those that may have something on the store: one for each slot and level at the most. Outer ones come first. */
  readonly #blocks = new Map<string, Block>();
  readonly #target: Home;

  constructor(transfer: Transfer, { bucket }: ObjectTarget, plan: Blocks, signal: AbortSignal | undefined) {
    const { place } = transfer;
    const { encryption, retry } = place.options;
    this.#transfer = transfer;
    // Of what surrounds the object, only what protects its bytes.
    this.#place = { ...place, options: { encryption, retry } };
    this.#plan = plan;
    this.#signal = signal;
    this.#bucket = bucket;
    this.#target = {
      async take(number, object, digest, signal) {
        const upload = await transfer.begin(signal);
        const part = await copyPart(place, upload, number, object, digest.value || undefined, signal);
        transfer.keep(number, part, digestOfCopy(place.integrity, digest, part));
      },
      settle: async () => {},
    };
  }

  get failures(): readonly unknown[] {
    return this.#transfer.failures;
  }

  /** Sends a part and releases its memory. If it was the last one of a block, goes on to what follows from that. */
  async send(part: Part, signal: AbortSignal): Promise<void> {
    if (part.only || part.number <= this.#plan.direct) return this.#transfer.send(part, signal);
    const { block, number } = this.#placeOf(part.number);
    await this.#transfer.send(part, signal, (sending) => block.put(number, sending, signal, part.number));
    await block.settle(signal);
  }

  /** Makes the parts the object. All of them must have been sent. */
  async publish(): Promise<UploadResult> {
    // The last block, and those that it is in, may be short of parts.
    for (const block of [...this.#blocks.values()].reverse()) await block.finish(this.#signal);
    return this.#transfer.publish();
  }

  /** Leaves nothing behind on the store. To be called when no request is in progress any more. Never rejects. */
  async abandon(cause: unknown): Promise<void> {
    const blocks = Array.from(this.#blocks.values(), (block) => block.discard());
    await Promise.all([this.#transfer.abandon(cause), ...blocks]);
  }

  #placeOf(partNumber: number): { readonly block: Block; readonly number: number } {
    const { direct, blockParts } = this.#plan;
    const { maxParts } = this.#place.store.limits;
    const index = partNumber - 1 - direct;
    const within = index % blockParts;
    const block = this.#blockAt(Math.floor(index / blockParts), 1, Math.floor(within / maxParts));
    return { block, number: (within % maxParts) + 1 };
  }

  /** `index`: which one of its level it is in the outermost block. Level 1 is made of parts. */
  #blockAt(outermost: number, level: number, index: number): Block {
    const name = `${outermost}-${level}-${index}`;
    const known = this.#blocks.get(name);
    if (known !== undefined) return known;

    const { direct, blockParts, base } = this.#plan;
    const { maxParts } = this.#place.store.limits;
    const span = maxParts ** level;
    const parts = Math.min(span, blockParts - index * span);
    const isOutermost = span >= blockParts;
    const block = new Block(
      this.#place,
      this.#transfer.failures,
      { bucket: this.#bucket, key: base + name },
      Math.ceil(parts / maxParts ** (level - 1)),
      {
        home: isOutermost ? this.#target : this.#blockAt(outermost, level + 1, Math.floor(index / maxParts)),
        number: isOutermost ? direct + outermost + 1 : (index % maxParts) + 1,
        onGone: () => this.#blocks.delete(name),
      },
    );
    this.#blocks.set(name, block);
    return block;
  }
}
