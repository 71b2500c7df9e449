import type { Sinner } from "../law.js";
import { sinfulDownload } from "./reference.js";
import { SINS, type Sin } from "./sins.js";
import type { MakeDownload } from "./subject.js";

/** The reference, in one of its wrong forms. */
export const sinner = (sin: Sin): Sinner<MakeDownload> => ({
  sin: SINS[sin],
  make: () => ({ download: sinfulDownload(sin) }),
});

/** The obvious downloader, without a sin. */
export const referenceDownload: MakeDownload = () => ({ download: sinfulDownload() });
