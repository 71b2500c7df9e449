import type { ChecksumAlgorithm, ObjectStore } from "@sluice/object-store";

/** A store to be judged. It may hold other objects, and be the same one every time: keys are made up for each trial. */
export interface StoreSubject {
  readonly store: ObjectStore;
  /** An existing bucket to be used. What a trial leaves there it deletes. */
  readonly bucket: string;
  /** The digests of a body that the store compares; left out: MD5, CRC32 and SHA-256. */
  readonly compares?: readonly ("md5" | ChecksumAlgorithm)[] | undefined;
}

/** Makes or finds the store. */
export type MakeStore = () => StoreSubject | Promise<StoreSubject>;
