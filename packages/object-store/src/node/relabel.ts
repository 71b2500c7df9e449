import { randomUUID } from "node:crypto";
import { link, open } from "node:fs/promises";
import { join } from "node:path";
import type { ObjectTarget, ShelfPart, ShelfRecord } from "@sluice/object-store";
import { FileDraft } from "./file-draft.js";
import type { Layout } from "./layout.js";
import { type FileRecord, readFooter } from "./object-file.js";
import { mark, partName, settle } from "./parts-of-object.js";

/**
 * Gives an object another record, whatever its size, in one step: a new file without bytes takes the place of its own.
 *
 * Where the bytes were in that file, it stays as the one part of the object, under a second name; its own old record,
 * behind the bytes, is never looked at again.
 */
export async function relabel(
  layout: Layout,
  target: ObjectTarget,
  record: ShelfRecord,
  moveIn: (path: string) => Promise<void>,
): Promise<void> {
  const { disk } = layout;
  const path = layout.object(target);
  const { record: before, parts: table } = await readAll(path);
  const partsId = before.partsId ?? randomUUID();
  const { size, checksum } = before;
  const parts: readonly ShelfPart[] =
    before.partsId === undefined ? [{ partNumber: 1, size, checksum }] : table;
  const draft = await FileDraft.create(disk, layout.temporary(), 0);
  const upload = { ...target, uploadId: partsId };
  try {
    if (before.partsId === undefined) {
      await mark(layout, upload);
      const directory = layout.parts(target.bucket, partsId);
      await disk.makeDirectory(directory);
      await link(path, join(directory, partName(1)));
      await disk.syncDirectory(directory);
    }
    await draft.finish({ ...record, partsId }, parts);
    await moveIn(draft.path);
  } catch (error) {
    await draft.discard();
    throw error;
  } finally {
    // As after any change of parts: if this fails their mark stays, and they are settled when the store is opened again.
    if (before.partsId === undefined) await settle(layout, upload).catch(() => undefined);
  }
}

async function readAll(path: string): Promise<{ record: FileRecord; parts: readonly ShelfPart[] }> {
  const file = await open(path, "r");
  try {
    const { record, parts } = await readFooter(file);
    return { record, parts: await parts() };
  } finally {
    await file.close();
  }
}
