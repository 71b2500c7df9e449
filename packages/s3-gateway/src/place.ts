import { type ObjectStore, utf8Size } from "@sluice/object-store";
import type { Identity } from "./identity.js";
import { S3Error } from "./protocol/s3-error.js";

/** Where the objects of a bucket really are. */
export interface StoreRoute {
  readonly store: ObjectStore;
  readonly bucket: string;
  /** Stands in front of every key, and clients never see it. End it with `/`, or `t1` has what `t10` has, too. */
  readonly prefix?: string | undefined;
}

/** Says where a bucket is for somebody. Undefined: nowhere, as far as they are concerned. */
export type RouteStore = (
  bucket: string,
  identity: Identity,
) => StoreRoute | undefined | Promise<StoreRoute | undefined>;

/** A bucket as it stands in a list. */
export interface NamedBucket {
  readonly name: string;
  /** Left out: the beginning of 1970. */
  readonly created?: Date | undefined;
}

/** Says which buckets there are for somebody. */
export type ListBuckets = (identity: Identity) => readonly NamedBucket[] | Promise<readonly NamedBucket[]>;

/** A bucket as a client knows it, and where it is. */
export interface Place {
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly prefix: string;
}

export async function findPlace(
  store: ObjectStore | RouteStore,
  bucket: string,
  identity: Identity,
): Promise<Place> {
  if (typeof store !== "function") return { store, bucket, prefix: "" };
  const route = await store(bucket, identity);
  if (route === undefined) throw new S3Error("NoSuchBucket", "The specified bucket does not exist.");
  return { store: route.store, bucket: route.bucket, prefix: route.prefix ?? "" };
}

/** The object that a client's key stands for. */
export function objectAt({ store, bucket, prefix }: Place, key: string): { bucket: string; key: string } {
  // Who keeps somebody in a folder must not rely on every server and proxy on the way to take a path for mere letters.
  if (prefix !== "" && /(^|\/)\.{1,2}(\/|$)/.test(key)) {
    throw new S3Error("InvalidArgument", 'A key here cannot have a segment "." or "..".');
  }
  const whole = prefix + key;
  if (utf8Size(whole) > store.limits.maxKeySize) {
    throw new S3Error("KeyTooLongError", "Your key is too long.");
  }
  return { bucket, key: whole };
}
