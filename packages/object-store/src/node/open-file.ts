import { type FileHandle, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ObjectTarget, OpenObject, ShelfPart } from "@sluice/object-store";
import { StoreError } from "@sluice/object-store";
import { translated, unlessMissing } from "./file-error.js";
import type { Layout } from "./layout.js";
import { type Footer, readFooter, readSome } from "./object-file.js";
import { openOwn } from "./own-path.js";
import { partName } from "./parts-of-object.js";
import type { Readers } from "./readers.js";

/** Opens the object at this key, to be read even when it is replaced or deleted meanwhile. */
export async function openObject(
  layout: Layout,
  readers: Readers,
  target: ObjectTarget,
): Promise<OpenObject | undefined> {
  const path = layout.object(target);
  for (;;) {
    const file = await openOwn(path);
    if (file === undefined) return undefined;
    try {
      const footer = await readFooter(file);
      const { partsId } = footer.record;
      if (partsId === undefined) return inOneFile(file, footer);
      const letGo = readers.hold(partsId);
      // Whoever replaced it before that may have removed the parts by now; whoever does it from now on will wait.
      const current = await isStillThere(path, file).catch((error: unknown) => {
        letGo();
        throw error;
      });
      if (current) return inParts(layout.parts(target.bucket, partsId), file, footer, letGo);
      letGo();
      await file.close();
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
  }
}

async function isStillThere(path: string, file: FileHandle): Promise<boolean> {
  const now = await unlessMissing(stat(path));
  const then = await file.stat();
  return now !== undefined && now.ino === then.ino && now.dev === then.dev;
}

function inOneFile(file: FileHandle, { record }: Footer): OpenObject {
  return {
    record,
    parts: async () => undefined,
    read: (start, limit) => readSome(file, start, limit).catch(rethrow),
    close: () => file.close().catch(() => undefined),
  };
}

function inParts(directory: string, file: FileHandle, footer: Footer, letGo: () => void): OpenObject {
  let table: Promise<readonly ShelfPart[]> | undefined;
  const parts = () => {
    table ??= footer.parts();
    return table;
  };
  // One part's file is open at a time, the one that was read last.
  let index = -1;
  let base = 0;
  let current: FileHandle | undefined;
  let closed = false;
  const seek = async (start: number): Promise<FileHandle> => {
    const all = await parts();
    let [i, from] = index >= 0 && start >= base ? [index, base] : [0, 0];
    while (start >= from + all[i]!.size) from += all[i++]!.size;
    if (i !== index || current === undefined) {
      const next = await openOwn(join(directory, partName(all[i]!.partNumber)));
      if (next === undefined) throw new StoreError("InternalError", "the file of a part is gone");
      await current?.close();
      [index, base, current] = [i, from, next];
    }
    return current;
  };
  return {
    record: footer.record,
    parts,
    async read(start, limit) {
      try {
        const part = await seek(start);
        const left = base + (await parts())[index]!.size - start;
        return await readSome(part, start - base, Math.min(limit, left));
      } catch (error) {
        throw translated(error);
      } finally {
        // Closed while the next part was being opened.
        if (closed) await current?.close().catch(() => undefined);
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all([file.close(), current?.close()]).catch(() => undefined);
      letGo();
    },
  };
}

function rethrow(error: unknown): never {
  throw translated(error);
}
