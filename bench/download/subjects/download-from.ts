import type { ObjectStore } from "@sluice/object-store";
import { download } from "@sluice/s3-download";
import { BUCKET, type Subject, type Terms } from "../subject.js";

/** Sluice's download from a store: everything that is not a size is left as it is. */
export function downloadFrom(store: ObjectStore, { window, rangeSize }: Terms): Subject {
  const open = async (key: string) => {
    const { body } = await download(store, { bucket: BUCKET, key }, { window, rangeSize });
    return body.getReader();
  };
  return {
    async read(key, take) {
      const reader = await open(key);
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        take(value);
      }
    },
    async stall(key) {
      const reader = await open(key);
      await reader.read();
      return () => reader.cancel();
    },
  };
}
