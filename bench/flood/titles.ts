import type { Variant } from "./variants.js";

export const TITLES: Readonly<Record<Variant, string>> = {
  none: "no governance",
  handler: "released when the handler returns",
  admit: "admit",
};
