import type { ObjectStore } from "@sluice/object-store";
import { upload } from "@sluice/s3-upload";
import { BUCKET, type Subject, type Terms } from "../subject.js";

/** Sluice's upload to a store: everything that is not a size is left as it is. */
export const uploadTo = (store: ObjectStore, { partSize, slots, budget }: Terms): Subject => ({
  upload: (key, body, signal) =>
    upload(store, { bucket: BUCKET, key }, body, { partSize, slots, budget, signal }),
});
