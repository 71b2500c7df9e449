import { type ListedObject, type ListPage, type ObjectStore, retry } from "@sluice/object-store";
import type { DownloadManyOptions } from "./download-many-options.js";

/** An object of a listing, and whether the file of another one is where it needs a folder. */
export interface Listed {
  readonly object: ListedObject;
  readonly belowFile: boolean;
}

/** The objects of a folder, page by page: no more than one page is in memory. */
export async function* listing(
  store: ObjectStore,
  bucket: string,
  prefix: string,
  { retry: tries, signal, expectedBucketOwner }: DownloadManyOptions,
): AsyncGenerator<Listed> {
  const page = (continuation: string | undefined): Promise<ListPage> =>
    retry(() => store.list(bucket, { prefix, continuation, expectedBucketOwner, signal }), {
      ...tries,
      signal,
    });
  const files = new Files();
  let continuation: string | undefined;
  do {
    const { objects, next } = await page(continuation);
    for (const object of objects) yield { object, belowFile: files.isBelow(object.key) };
    continuation = next;
  } while (continuation !== undefined);
}

/**
 * Which keys are files where others need a folder: `a`, if there is `a/b`. A listing is in order, so what begins with a
 * key comes behind it, in a row; who begins with none of these ends them. A store that has no order leaves it to the file
 * system to find out.
 */
class Files {
  /** Each begins with the one before it. */
  readonly #open: string[] = [];

  isBelow(key: string): boolean {
    const open = this.#open;
    while (open.length > 0 && !key.startsWith(open.at(-1)!)) open.pop();
    const below = open.some((file) => key[file.length] === "/");
    if (!below && !key.endsWith("/")) open.push(key);
    return below;
  }
}
