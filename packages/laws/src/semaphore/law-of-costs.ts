import type { Law } from "../law.js";
import { costsDoNotGrow } from "./growth.js";
import * as cost from "./sins-of-cost.js";
import type { MakeSemaphore } from "./subject.js";

export const M9: Law<MakeSemaphore> = {
  id: "M9",
  kind: "statistical",
  says: "The cost of no operation grows with weight, capacity or the number of waiters.",
  hint: "loops over weights or units, and arrays of waiters that are searched, copied or spliced",
  sinners: cost.M9_SINNERS,
  check: costsDoNotGrow,
};
