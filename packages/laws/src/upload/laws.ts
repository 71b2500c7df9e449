import { join, type LawRun, type Waivers } from "../join.js";
import type { Law, UncheckedLaw } from "../law.js";
import { uncheckedOf } from "../unchecked.js";
import { U11 } from "./law-of-disks.js";
import { U2 } from "./law-of-failures.js";
import { U1 } from "./law-of-memory.js";
import { U10 } from "./law-of-resuming.js";
import { U6 } from "./law-of-tries.js";
import { U3, U4, U5, U9, U12 } from "./laws-of-content.js";
import { U7, U8 } from "./laws-of-transit.js";
import type { MakeUpload } from "./subject.js";

export const UPLOAD_LAWS: readonly Law<MakeUpload>[] = [U1, U2, U3, U4, U5, U6, U7, U8, U9, U10, U11, U12];

/**
 * The laws U, ready to judge your own upload, in a store of the kit or in one that you bring: sizes follow from its
 * limits, so with parts of 5 MiB give `run` few `runs`. What the subject lacks is waived by its name: `budget`,
 * `length`, `integrity`, `retry`, `progress`, `resume`, `disk`. For parts that wait on a disk the kit brings one.
 *
 * @example
 * ```ts
 * const make = () => ({ upload: (store, target, body, options) => upload(store, target, body, options) });
 * for (const { id, says, run } of uploadLaws(make)) test(`${id} ${says}`, () => run());
 * ```
 */
export const uploadLaws = (make: MakeUpload, waivers?: Waivers): LawRun[] => join(ALL, make, waivers);

const numberOf = ({ id }: Law<MakeUpload> | UncheckedLaw) => Number(id.slice(1));
const ALL = [...UPLOAD_LAWS, ...uncheckedOf("U")].sort((a, b) => numberOf(a) - numberOf(b));
