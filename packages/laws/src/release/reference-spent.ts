import type { ReleaseSins } from "./reference.js";

/** What a stream ends with whose budget is spent. */
export const spent = (budget: string, sins: ReleaseSins): Error =>
  Object.assign(new Error(`${budget} is spent`), sins.failsWithAnyError ? {} : { code: "ERR_STALLED" });
