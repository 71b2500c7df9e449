import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { MultipartTarget, ShelfPart } from "@sluice/object-store";
import { unlessMissing } from "./file-error.js";
import type { Layout } from "./layout.js";
import { readFooter } from "./object-file.js";
import { namesIn, openOwn } from "./own-path.js";

// An object made of parts is two things on the disk: its file, and the directory of its parts. Whoever is about to
// change that writes a mark first. What the mark's directory has to become then follows from what is published, at
// any moment, also after a crash:
//
//   the object is made of these parts          ──▶ parts/<id>, without upload.json and without parts not named
//   it is not, but they still are an upload    ──▶ back to uploads/<id>
//   it is not, and they are no upload          ──▶ removed

/** The name of a part's file. */
export const partName = (partNumber: number) => `${partNumber}.part`;

export const UPLOAD_RECORD = "upload.json";

/** To be called, and to have returned, before the object at this key begins or ceases to have these parts. */
export async function mark(layout: Layout, { bucket, key, uploadId }: MultipartTarget): Promise<void> {
  await layout.making(async (temporary) => {
    await layout.disk.writeFile(temporary, JSON.stringify({ bucket, key, uploadId }));
    await layout.disk.rename(temporary, join(layout.pending, uploadId));
  });
}

/** Makes of the marked parts what they have to be, and removes the mark. */
export async function settle(layout: Layout, target: MultipartTarget): Promise<void> {
  const { bucket, uploadId } = target;
  const parts = layout.parts(bucket, uploadId);
  const published = await publishedParts(layout, target);
  if (published !== undefined) {
    const named = new Set(published.map(({ partNumber }) => partName(partNumber)));
    for (const name of await namesIn(parts)) if (!named.has(name)) await layout.disk.clear(join(parts, name));
    // Were it still an upload when the object is gone, and only its mark left, it would come back.
    await layout.disk.syncDirectory(parts);
  } else if ((await namesIn(parts)).includes(UPLOAD_RECORD)) {
    await layout.disk.rename(parts, layout.upload(bucket, uploadId));
    await layout.disk.syncDirectory(dirname(parts));
  } else {
    await layout.disk.clear(parts);
    await layout.disk.syncDirectory(dirname(parts));
  }
  await layout.disk.clear(join(layout.pending, uploadId));
}

/** The parts of the object at this key, if they are those with this id. */
async function publishedParts(
  layout: Layout,
  target: MultipartTarget,
): Promise<readonly ShelfPart[] | undefined> {
  const file = await openOwn(layout.object(target));
  if (file === undefined) return undefined;
  try {
    const { record, parts } = await readFooter(file);
    return record.partsId === target.uploadId ? await parts() : undefined;
  } finally {
    await file.close();
  }
}

/**
 * Settles what a crash left marked. What cannot be settled keeps its mark: one object whose file cannot be read must
 * not keep all others from being served.
 */
export async function recover(layout: Layout): Promise<void> {
  for (const id of await namesIn(layout.pending)) {
    const text = await unlessMissing(readFile(join(layout.pending, id), "utf8"));
    if (text !== undefined) await settle(layout, JSON.parse(text) as MultipartTarget).catch(() => undefined);
  }
}
