import { join, type LawRun, type Waivers } from "../join.js";
import type { Law } from "../law.js";
import { D5 } from "./law-of-leaving.js";
import { D8, D10 } from "./law-of-time.js";
import { D1, D6, D7 } from "./laws-of-content.js";
import { D2, D9 } from "./laws-of-room.js";
import { D3, D4 } from "./laws-of-trouble.js";
import type { MakeDownload } from "./subject.js";

export const DOWNLOAD_LAWS: readonly Law<MakeDownload>[] = [D1, D2, D3, D4, D5, D6, D7, D8, D9, D10];

/**
 * The laws D, ready to judge your own download, in a store of the kit or in one that you bring: objects have some ten
 * bytes, ranges some three, so any store will do. What the subject lacks is waived by its name: `integrity`, `retry`,
 * `timeBudgets`.
 *
 * @example
 * ```ts
 * const make = () => ({ download: (store, source, options) => download(store, source, options) });
 * for (const { id, says, run } of downloadLaws(make)) test(`${id} ${says}`, () => run());
 * ```
 */
export const downloadLaws = (make: MakeDownload, waivers?: Waivers): LawRun[] =>
  join(DOWNLOAD_LAWS, make, waivers);
