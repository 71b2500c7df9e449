import type { ObjectInfo, ObjectStore, ObjectTarget, PartInfo } from "@sluice/object-store";
import { forEach } from "@sluice/read-slots";

//  asked what it is, unless that is known ──up to the largest that the store copies at once──▶ copied
//     └──larger──▶ an upload of copied parts ──all there──▶ completed
//                               └──a failure, an abort──▶ aborted
//
//  The store moves the bytes: none comes here, and the budget has nothing to pay for.

export interface CopyObjectOptions {
  /** Bytes, as a listing has said; a copy in one piece need not ask then. */
  readonly listed?: number | undefined;
  /** Parts at a time, of an object that is copied in parts. */
  readonly slots: number;
  /** Bytes of such a part. */
  readonly partSize?: number | undefined;
  /** In the place of the source's. */
  readonly contentType?: string | undefined;
  readonly signal: AbortSignal;
  /** Called with further bytes that are copied. */
  readonly onCopied: (bytes: number) => void;
}

// A part is one request, which the store answers when it has copied it: some seconds.
const PART = 256 * 2 ** 20;

// An upload that cannot be aborted in this time is left to the bucket's own rules.
const LAST_TRY = 10_000;

/**
 * Copies an object to another place of the same store, with its headers and metadata; resolves with bytes.
 *
 * - **Order:** parts are begun in the order of the object.
 * - **Abort:** rejects with the signal's reason when the upload of parts is aborted.
 * - **Errors:** those of the store; `PreconditionFailed` if the object is replaced while its parts are copied.
 */
export async function copyObject(
  store: ObjectStore,
  from: ObjectTarget,
  to: ObjectTarget,
  options: CopyObjectOptions,
): Promise<number> {
  const { listed, contentType, signal, onCopied } = options;
  const { maxPutSize } = store.limits;
  if (listed !== undefined && listed <= maxPutSize && contentType === undefined) {
    await store.copy(from, to, { signal });
    onCopied(listed);
    return listed;
  }
  const info = await store.head(from, { signal });
  const { size } = info;
  const headers = { ...headersOf(info), ...(contentType !== undefined && { contentType }) };
  if (size > maxPutSize) {
    await copyInParts(store, from, to, { ...options, info, headers });
  } else {
    const replaceHeaders = contentType !== undefined;
    await store.copy(from, to, { ...(replaceHeaders && headers), replaceHeaders, signal });
    onCopied(size);
  }
  return size;
}

async function copyInParts(
  store: ObjectStore,
  from: ObjectTarget,
  to: ObjectTarget,
  { info, headers, slots, partSize = PART, signal, onCopied }: CopyObjectOptions & Parted,
): Promise<void> {
  const { size, etag } = info;
  const { maxParts, maxPartSize } = store.limits;
  const length = Math.min(maxPartSize, Math.max(partSize, Math.ceil(size / maxParts)));
  const upload = await store.createMultipart(to, { ...headers, signal });
  try {
    const parts: PartInfo[] = [];
    const numbers = Array.from({ length: Math.ceil(size / length) }, (_, i) => i + 1);
    await forEach(
      slots,
      numbers,
      async (number, stop) => {
        const start = (number - 1) * length;
        const range = { start, end: Math.min(start + length, size) - 1 };
        const copying = { range, sourceIfMatch: etag, signal: stop };
        parts[number - 1] = await store.copyPart(upload, number, from, copying);
        onCopied(range.end - start + 1);
      },
      { signal },
    );
    await store.completeMultipart(upload, parts, { signal });
  } catch (cause) {
    await store.abortMultipart(upload, { signal: AbortSignal.timeout(LAST_TRY) }).catch(() => {});
    throw cause;
  }
}

type Headers = ReturnType<typeof headersOf>;
interface Parted {
  readonly info: ObjectInfo;
  readonly headers: Headers;
}

const headersOf = (info: ObjectInfo) => ({
  contentType: info.contentType,
  contentEncoding: info.contentEncoding,
  contentDisposition: info.contentDisposition,
  contentLanguage: info.contentLanguage,
  cacheControl: info.cacheControl,
  expires: info.expires,
  metadata: info.metadata,
});
