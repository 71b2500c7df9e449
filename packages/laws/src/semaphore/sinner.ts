import type { Sinner } from "../law.js";
import { ReferenceSemaphore } from "./reference.js";
import type { MakeSemaphore, SemaphoreLikeOptions } from "./subject.js";
import type { SlowSemaphore } from "./twin.js";

export type SemaphoreSinner = Sinner<MakeSemaphore>;

/** A sinner whose sin is in what it decides. */
export const decides = (sin: string, Twin: typeof SlowSemaphore): SemaphoreSinner => ({
  sin,
  make: (capacity, options) => new ReferenceSemaphore(capacity, options, Twin),
});

/** A sinner whose sin is in how it treats its callers. */
export const treats = (
  sin: string,
  Sinful: new (capacity: number, options: SemaphoreLikeOptions) => ReferenceSemaphore,
): SemaphoreSinner => ({ sin, make: (capacity, options) => new Sinful(capacity, options) });
