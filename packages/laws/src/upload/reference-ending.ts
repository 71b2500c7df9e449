import type { MultipartTarget, ObjectStore } from "@sluice/object-store";
import { isGone } from "./reference-tries.js";
import type { Sin } from "./sins.js";

/** Whether the upload is gone and its very object is there: with this ETag, or of this size, or any. */
export async function isPublished(
  store: ObjectStore,
  upload: MultipartTarget,
  what: string | number | undefined,
): Promise<boolean> {
  const { bucket, key } = upload;
  const there = await store.head({ bucket, key }).catch(() => undefined);
  if (what === undefined) return there !== undefined;
  return (there?.etag === what || there?.size === what) && !(await isOpen(store, upload));
}

/** Removes the upload with its parts, those that arrive late as well. What went wrong meanwhile. */
export async function clearedUp(
  store: ObjectStore,
  upload: MultipartTarget,
  sin: Sin | undefined,
): Promise<unknown[]> {
  const abort = () => unlessGone(store.abortMultipart(upload));
  try {
    await abort();
    if (sin !== "looksOnce" && (await isOpen(store, upload))) await abort();
    return [];
  } catch (error) {
    return [error];
  }
}

const isOpen = (store: ObjectStore, upload: MultipartTarget) =>
  unlessGone(store.listParts(upload, { limit: 1 }));

async function unlessGone(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}
