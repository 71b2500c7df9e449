import type { ObjectSource, ObjectTarget } from "@sluice/object-store";

/**
 * A pair of stream transforms with frames of a fixed size: every frame but an object's last has `frameSize` bytes, and
 * sealed `overhead` more, so that sizes and ranges of the one follow from those of the other. What has other sizes each
 * time, such as compression, is none.
 */
export interface FrameTransform {
  /** Letters, digits and hyphens. It is kept with each object, and objects with another one are refused. */
  readonly name: string;
  /** Bytes of a frame. For good: objects with frames of another size are refused. */
  readonly frameSize: number;
  /** Bytes by which every sealed frame is larger. */
  readonly overhead: number;
  /** Bytes that the frames of one body take at the most, in each direction. */
  readonly holds: { readonly get: number; readonly put: number };
  /**
   * Begins an object, or an upload.
   *
   * - **Order:** none. So it is with all that is here, but for the frames of one body.
   * - **Abort:** not needed: it is over soon, or looks for itself.
   * - **Errors:** the transform's own; whoever asked the store gets them as they are.
   */
  begin(object: NewObject): Promise<Begun>;
  /** The same object again, by the header that `begin` gave. */
  resume(header: string, object: ObjectSource, context: string): Promise<Resumed>;
  /** The header that a copy of the object has; the same where it can stay. */
  moved(header: string, from: ObjectSource, to: ObjectTarget, context: string): Promise<string>;
}

export interface NewObject {
  readonly target: ObjectTarget;
  /** What is kept in plain text about how the object is framed: to be bound to the header by who authenticates. */
  readonly context: string;
  /** What is to be known again with the header, and to nobody else. */
  readonly note: string;
}

export interface Begun {
  /** Kept with the object, and in the ids of uploads: letters, digits, `.`, `_` and `-`. */
  readonly header: string;
  readonly codec: FrameCodec;
}

export interface Resumed {
  readonly codec: FrameCodec;
  readonly note: string;
}

/** Which frame it is. Who authenticates binds all of it. */
export interface FramePlace {
  /** From 1; 0 in an object that was put in one piece. */
  readonly part: number;
  /** From 0, within the part. */
  readonly index: number;
  /** Frames of the part. */
  readonly count: number;
  /** Whether the object ends with it. */
  readonly last: boolean;
}

/** A buffer of the size of a sealed frame, lent for as long as the body takes. It need not be asked for. */
export type Room = () => Uint8Array<ArrayBuffer>;

type Soon<T> = T | Promise<T>;
type Pieces = readonly Uint8Array<ArrayBuffer>[];

/** Seals and opens the frames of one object. */
export interface FrameCodec {
  /** For one body, which is sent once: the same part sent again has a sealer of its own. */
  sealer(room: Room): FrameSealer;
  opener(room: Room): FrameOpener;
  /** A frame without bytes that ends an upload: the same for the same place. */
  sealEmpty(place: FramePlace): Promise<Uint8Array<ArrayBuffer>>;
}

/** The frames of one body in their order: `begin`, any number of times `update`, `end`. What it returns is not kept. */
export interface FrameSealer {
  begin(place: FramePlace): Soon<Pieces>;
  /** The bytes belong to the caller again when it has settled. */
  update(plain: Uint8Array): Soon<Pieces>;
  end(): Soon<Pieces>;
}

export interface FrameOpener {
  /** `size` is that of the sealed frame. */
  begin(place: FramePlace, size: number): Soon<void>;
  update(sealed: Uint8Array): Soon<void>;
  /**
   * The frame's bytes, in the room or elsewhere, valid until the next `begin`.
   *
   * - **Order:** after the last `update` of the frame.
   * - **Abort:** not needed.
   * - **Errors:** its own, if the bytes are not what was sealed; the reader gets `ERR_TAMPERED`, with that as its cause.
   */
  end(): Soon<Uint8Array>;
}
