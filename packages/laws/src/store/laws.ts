import { join, type LawRun, type Waivers } from "../join.js";
import type { Law } from "../law.js";
import { O8 } from "./law-of-conditions.js";
import { O12 } from "./law-of-copied-parts.js";
import { O11 } from "./law-of-listings.js";
import { O13 } from "./law-of-parts.js";
import { O1, O6, O7 } from "./laws-of-objects.js";
import { O9, O10 } from "./laws-of-requests.js";
import { O2, O3, O4, O5 } from "./laws-of-uploads.js";
import type { MakeStore } from "./subject.js";

export const STORE_LAWS: readonly Law<MakeStore>[] = [O1, O2, O3, O4, O5, O6, O7, O8, O9, O10, O11, O12, O13];

/**
 * The laws O, ready to judge your own store. Sizes follow from the store's limits: with parts of 5 MiB a trial takes
 * its time, so give `run` few `runs`.
 *
 * @example
 * ```ts
 * const make = () => ({ store: new MemoryStore({ limits: { minPartSize: 4 } }), bucket: "laws" });
 * for (const { id, says, run } of storeLaws(make)) test(`${id} ${says}`, () => run());
 * ```
 */
export const storeLaws = (make: MakeStore, waivers?: Waivers): LawRun[] => join(STORE_LAWS, make, waivers);
