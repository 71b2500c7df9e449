import {
  type CopyOptions,
  type ObjectInfo,
  type ObjectSource,
  type ObjectTarget,
  type PutOptions,
  type PutResult,
  type ReadConditions,
  refusal,
  type SourceConditions,
  type StoreBody,
} from "@sluice/object-store";
import { declaredSize } from "./body-source.js";
import { contextOf, ENVELOPE, envelopeOf, withEnvelope } from "./envelope.js";
import { bareEtagIn, markedEtag } from "./etags.js";
import { noteOf } from "./notes.js";
import type { Place } from "./place.js";
import { sendSealed } from "./send-sealed.js";

/** The halves of a transformed store that write objects in one piece. */
export class Writes {
  readonly #at: Place;
  readonly #maxPutSize: number;

  constructor(place: Place, maxPutSize: number) {
    this.#at = place;
    this.#maxPutSize = maxPutSize;
  }

  async put(target: ObjectTarget, body: StoreBody, options: PutOptions): Promise<PutResult> {
    // What the store would compute, or be told behind the body, is of bytes that it never sees.
    const { contentMd5, checksum, checksumAlgorithm: _, trailer: __, metadata, ifMatch, ...rest } = options;
    const { store, transform } = this.#at;
    const size = declaredSize(body);
    if (size > this.#maxPutSize) {
      throw refusal("EntityTooLarge", `a put has at most ${this.#maxPutSize} bytes, got ${size}`);
    }
    options.signal?.throwIfAborted();
    const context = contextOf(transform.name, transform.frameSize, "put");
    const note = noteOf({ checksum });
    const { header, codec } = await transform.begin({ target, context, note });
    const headers = {
      ...rest,
      metadata: withEnvelope(metadata, context, header),
      ifMatch: bareEtagIn(ifMatch),
    };
    const sealing = { codec, part: 0, last: true, claims: { contentMd5, checksum } };
    const result = await sendSealed(this.#at, body, sealing, options, (sealed, onSent) =>
      store.put(target, sealed, { ...headers, onSent }),
    );
    return { ...told(result), ...(checksum && { checksum }) };
  }

  /** Copies on the store. Under another key, or to another place than it is bound to, its envelope is made anew. */
  async copy(source: ObjectSource, target: ObjectTarget, options: CopyOptions): Promise<PutResult> {
    const { store, transform } = this.#at;
    const { checksumAlgorithm: _, ...asked } = options;
    const ours = { ...asked, ifMatch: bareEtagIn(options.ifMatch), ...NO_CONDITIONS };
    const { signal, expectedBucketOwner } = options;
    const stored = await lookedAt(options, (conditions) =>
      store.head(source, { signal, expectedBucketOwner, ...conditions }),
    );
    const { way, header } = envelopeOf(stored.metadata, source, transform);
    const context = contextOf(transform.name, transform.frameSize, way);
    const moved = await transform.moved(header, source, target, context);
    // What was looked at must be what is copied: the envelope of one object opens no other.
    const looked = { ...ours, sourceIfMatch: stored.etag };
    if (moved === header && options.replaceHeaders !== true) {
      return told(await store.copy(source, target, looked));
    }
    const headers = options.replaceHeaders ? options : headersOf(stored);
    const metadata = withEnvelope(headers.metadata, context, moved);
    const replaced = {
      ...looked,
      ...(options.replaceHeaders ? {} : headers),
      metadata,
      replaceHeaders: true,
    };
    return told(await store.copy(source, target, replaced));
  }
}

// Compared with the source when it was looked at; from then on it is the one with that ETag.
const NO_CONDITIONS = {
  sourceIfNoneMatch: undefined,
  sourceIfModifiedSince: undefined,
  sourceIfUnmodifiedSince: undefined,
};

/** Reads the source of a copy under the conditions of the copy, of which each that does not hold is `PreconditionFailed`. */
export async function lookedAt<T>(
  conditions: SourceConditions,
  look: (conditions: ReadConditions) => Promise<T>,
): Promise<T> {
  try {
    return await look({
      ifMatch: bareEtagIn(conditions.sourceIfMatch),
      ifNoneMatch: bareEtagIn(conditions.sourceIfNoneMatch),
      ifModifiedSince: conditions.sourceIfModifiedSince,
      ifUnmodifiedSince: conditions.sourceIfUnmodifiedSince,
    });
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== "NotModified") throw error;
    throw refusal("PreconditionFailed", "the source of the copy has not changed", error);
  }
}

/** The store's answer as the caller sees it: of what the store has seen, a digest would be that of the sealed bytes. */
export function told({ checksum: _, etag, ...rest }: PutResult): PutResult {
  return { ...rest, etag: markedEtag(etag), encryption: "client" };
}

function headersOf(stored: ObjectInfo) {
  const { contentType, contentEncoding, contentDisposition, contentLanguage, cacheControl, expires } = stored;
  const { [ENVELOPE]: _, ...metadata } = stored.metadata ?? {};
  const headers = {
    contentType,
    contentEncoding,
    contentDisposition,
    contentLanguage,
    cacheControl,
    expires,
  };
  return { ...headers, metadata };
}
