import type { Sinner } from "../law.js";
import { sinfulUpload } from "./reference.js";
import { WINDOW } from "./reference-file.js";
import { SINS, type Sin } from "./sins.js";
import type { MakeUpload } from "./subject.js";

/** The reference, in one of its wrong forms. */
export const sinner = (sin: Sin): Sinner<MakeUpload> => ({
  sin: SINS[sin],
  make: () => ({ upload: sinfulUpload(sin), window: WINDOW }),
});

/** The obvious uploader, without a sin. */
export const referenceUpload: MakeUpload = () => ({ upload: sinfulUpload(), window: WINDOW });
