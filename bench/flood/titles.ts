import type { Variant } from "./variants.js";

export const TITLES: Readonly<Record<Variant, string>> = {
  none: "no governance",
  handler: "released by the handler",
  admit: "admit",
};
