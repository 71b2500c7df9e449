import type { ObjectStore } from "@sluice/object-store";
import { FramePool } from "./frame-pool.js";
import { Frames } from "./frames.js";
import { Recent } from "./recent.js";
import type { FrameTransform } from "./transform.js";

/** What the halves of a transformed store work with. */
export interface Place {
  readonly store: ObjectStore;
  readonly transform: FrameTransform;
  readonly frames: Frames;
  readonly pool: FramePool;
  /** How many frames the parts of an object have, by its envelope: seen in the object itself, and authentic. */
  readonly perPart: Recent<number>;
}

const IDLE = 64 * 2 ** 20;
const REMEMBERED = 1_000;

export function placeOf(store: ObjectStore, transform: FrameTransform): Place {
  const frames = new Frames(transform);
  const pool = new FramePool(frames.sealed, IDLE);
  return { store, transform, frames, pool, perPart: new Recent(REMEMBERED) };
}
