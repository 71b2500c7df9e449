import type { Law } from "../law.js";
import { costsDoNotGrow } from "./growth.js";
import * as cost from "./sins-of-cost.js";
import type { MakeSemaphore } from "./subject.js";

export const M9: Law<MakeSemaphore> = {
  id: "M9",
  kind: "statistical",
  says: "The cost of no operation grows with weight, capacity or the number of waiters.",
  hint: "loops over weights or units, arrays of waiters that are searched, copied or shifted, and a listener for each who waits on one signal",
  sinners: cost.M9_SINNERS,
  check: costsDoNotGrow,
};
