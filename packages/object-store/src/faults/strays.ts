import type { MultipartTarget } from "../multipart.js";
import type { StoreBody } from "../object.js";
import type { ObjectStore } from "../store.js";
import { copied } from "./spoiled.js";
import { untilAborted } from "./struck.js";

const MOST = 100;

interface Stray {
  readonly upload: MultipartTarget;
  readonly partNumber: number;
  readonly bytes: Uint8Array;
}

/** Parts that were given up, and are still on their way. */
export class Strays {
  readonly #all: Stray[] = [];

  /** Never answers, until the part is given up. */
  async keep(args: readonly unknown[], signal: AbortSignal | undefined): Promise<never> {
    const [upload, partNumber, body] = args as [MultipartTarget, number, StoreBody];
    const bytes = await copied(body, signal);
    try {
      return await untilAborted(signal);
    } finally {
      this.#all.push({ upload, partNumber, bytes });
      if (this.#all.length > MOST) this.#all.shift();
    }
  }

  /** Whether any part of this upload has landed, in the place of the abort. */
  async land(store: ObjectStore, { uploadId }: MultipartTarget): Promise<boolean> {
    const landing = this.#all.filter(({ upload }) => upload.uploadId === uploadId);
    for (const stray of landing) {
      this.#all.splice(this.#all.indexOf(stray), 1);
      await store.putPart(stray.upload, stray.partNumber, stray.bytes);
    }
    return landing.length > 0;
  }
}
