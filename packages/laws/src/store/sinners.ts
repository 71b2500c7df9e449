import type { Sinner } from "../law.js";
import { ReferenceStore } from "./reference.js";
import { SINS, type Sin } from "./sins.js";
import type { MakeStore } from "./subject.js";

/** The reference, in one of its wrong forms. */
export const sinner = (sin: Sin): Sinner<MakeStore> => ({
  sin: SINS[sin],
  make: () => ({ store: new ReferenceStore(sin), bucket: "bucket" }),
});

/** The obvious store, without a sin. */
export const referenceStore: MakeStore = () => ({ store: new ReferenceStore(), bucket: "bucket" });
