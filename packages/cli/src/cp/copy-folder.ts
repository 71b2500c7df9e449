import type { ListedObject, ObjectStore } from "@sluice/object-store";
import { forEach } from "@sluice/read-slots";
import { FailedError } from "../failure.js";
import { type ObjectLocation, shown } from "../location.js";
import { type Copied, copied, type Failure } from "./copied.js";
import { copyObject } from "./copy-object.js";
import type { Copy } from "./copying.js";

const FILES = 8;
const SLOTS = 4;
/** How many failures are kept. */
const KEPT = 1_000;

/**
 * Copies all objects of a folder of S3 to another place of the same store, which moves the bytes itself. What stands for
 * an empty folder is an object like any other.
 *
 * - **Order:** objects are begun in the order of the listing.
 * - **Abort:** by `io.signal`; rejects with its reason when no upload is left; objects that are there stay.
 * - **Errors:** `ERR_INCOMPLETE` when the rest is copied; those of the store.
 */
export async function copyFolder(from: ObjectLocation, to: ObjectLocation, copy: Copy): Promise<Copied> {
  const { store, options, io, report } = copy;
  const [source, target] = [folderOf(from), folderOf(to)];
  const failed: Failure[] = [];
  let [files, bytes, moved, failedCount] = [0, 0, 0, 0];
  const progress = () =>
    report.progress({ phase: "copy", loaded: moved, held: 0, files: files + failedCount });

  const one = async ({ key, size: listed }: ListedObject, signal: AbortSignal): Promise<void> => {
    const at = { bucket: to.bucket, key: target + key.slice(source.length) };
    const told = { key, path: undefined };
    report.file({ type: "begun", ...told });
    try {
      const size = await copyObject(store, { bucket: from.bucket, key }, at, {
        ...{ slots: options.slots ?? SLOTS, partSize: options.partSize, contentType: options.contentType },
        ...{ listed, signal },
        onCopied: (more) => {
          moved += more;
          progress();
        },
      });
      files++;
      bytes += size;
      report.file({ type: "done", ...told, size });
    } catch (error) {
      if (signal.aborted || concernsAll(error)) throw error;
      failedCount++;
      if (failed.length < KEPT) failed.push({ key, error });
      report.file({ type: "failed", ...told, error });
    }
    progress();
  };

  const { signal } = io;
  await forEach(options.files ?? FILES, listing(store, from.bucket, source, signal), one, { signal });
  if (files + failedCount === 0) {
    throw new FailedError(
      `s3://${from.bucket}/${source}: nothing is there; copy one object without --recursive`,
    );
  }
  const result = { files, bytes, skipped: 0, failed, failedCount };
  return copied(result, ({ key }) => shown({ ...from, key }));
}

/** What the keys in a folder begin with. */
export const folderOf = ({ key }: ObjectLocation): string =>
  key === "" || key.endsWith("/") ? key : `${key}/`;

async function* listing(
  store: ObjectStore,
  bucket: string,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<ListedObject> {
  let continuation: string | undefined;
  do {
    const page = await store.list(bucket, { prefix, continuation, signal });
    yield* page.objects;
    continuation = page.next;
  } while (continuation !== undefined);
}

// A million objects would say the same.
const ALL_ALIKE: ReadonlySet<unknown> = new Set([
  "NoSuchBucket",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "NotImplemented",
]);
const concernsAll = (error: unknown): boolean =>
  ALL_ALIKE.has((Object(error) as { readonly code?: unknown }).code);
