import type { FrameCodec, FrameOpener, FramePlace, FrameSealer } from "./transform.js";

/** What seals and opens whole frames. */
export interface WholeFrames {
  /** The sealed frame, in any number of pieces, none of which is kept. `plain` is valid until it has settled. */
  seal(plain: Uint8Array<ArrayBuffer>, place: FramePlace): Promise<readonly Uint8Array<ArrayBuffer>[]>;
  /** Throws unless it is what was sealed at that place. */
  open(sealed: Uint8Array<ArrayBuffer>, place: FramePlace): Promise<Uint8Array>;
}

/** A codec of what can only work on whole frames. One frame is gathered in the room; what comes out is held besides. */
export const wholeFrames = (make: () => WholeFrames): Pick<FrameCodec, "sealer" | "opener"> => ({
  sealer: (room) => new Gathered(room, make()),
  opener: (room) => new GatheredSealed(room, make()),
});

class Gathered implements FrameSealer {
  readonly #room: () => Uint8Array<ArrayBuffer>;
  readonly #whole: WholeFrames;
  #place: FramePlace | undefined;
  #filled = 0;

  constructor(room: () => Uint8Array<ArrayBuffer>, whole: WholeFrames) {
    this.#room = room;
    this.#whole = whole;
  }

  begin(place: FramePlace): [] {
    this.#place = place;
    this.#filled = 0;
    return [];
  }

  update(plain: Uint8Array): [] {
    this.#room().set(plain, this.#filled);
    this.#filled += plain.length;
    return [];
  }

  end(): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    return this.#whole.seal(this.#room().subarray(0, this.#filled), this.#place!);
  }
}

class GatheredSealed implements FrameOpener {
  readonly #room: () => Uint8Array<ArrayBuffer>;
  readonly #whole: WholeFrames;
  #place: FramePlace | undefined;
  #filled = 0;

  constructor(room: () => Uint8Array<ArrayBuffer>, whole: WholeFrames) {
    this.#room = room;
    this.#whole = whole;
  }

  begin(place: FramePlace): void {
    this.#place = place;
    this.#filled = 0;
  }

  update(sealed: Uint8Array): void {
    this.#room().set(sealed, this.#filled);
    this.#filled += sealed.length;
  }

  end(): Promise<Uint8Array> {
    return this.#whole.open(this.#room().subarray(0, this.#filled), this.#place!);
  }
}
