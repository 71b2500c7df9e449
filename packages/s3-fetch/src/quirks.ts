/** What a store does otherwise than Amazon's. */
export interface Quirks {
  /**
   * Takes `x-amz-checksum-*`. Where it does not, the checksum of bytes in memory is checked here and goes out as a
   * Content-MD5, and that of a stream is refused.
   */
  readonly checksums: boolean;
  /** Takes `x-amz-mp-object-size` with a completion. Where it does not, the size is not sent. */
  readonly objectSize: boolean;
  /** Takes `encoding-type=url` with a listing. Where it does not, keys that XML cannot carry are not listed right. */
  readonly encodedListings: boolean;
  /** Wants equal parts, see `StoreLimits`. */
  readonly equalParts: boolean;
  /** Takes a checksum behind a stream, see `trailer` in `IntegrityOptions`. Where it does not, it is not sent. */
  readonly trailers: boolean;
}

const NONE: Quirks = {
  checksums: true,
  objectSize: true,
  encodedListings: true,
  equalParts: false,
  trailers: false,
};

/** By the end of the endpoint's host name. Everyone else is expected to do as Amazon does. */
export const QUIRKS: Readonly<Record<string, Quirks>> = {
  // Others have learned of trailers late, and refuse them or, worse, keep the frame as a part of the object.
  "amazonaws.com": { ...NONE, trailers: true },
  "amazonaws.com.cn": { ...NONE, trailers: true },
  // https://www.backblaze.com/docs/cloud-storage-s3-compatible-api: refuses headers that it does not know with 400, and
  // those of checksums by name.
  "backblazeb2.com": { ...NONE, checksums: false, objectSize: false },
  // https://cloud.google.com/storage/docs/xml-api/reference-headers knows x-goog-hash and Content-MD5.
  "storage.googleapis.com": { ...NONE, checksums: false, objectSize: false },
  // Answers 501 to each header that it does not know, and has done so to x-amz-checksum-crc32, see
  // https://developers.cloudflare.com/r2/api/s3/api. It knows Content-MD5.
  // Of parts, see https://developers.cloudflare.com/r2/objects/multipart-objects/#limitations.
  "r2.cloudflarestorage.com": { ...NONE, checksums: false, objectSize: false, equalParts: true },
};

/** The table's entry for a host, overridden by what the caller knows better. */
export function quirksOf(host: string, known: Partial<Quirks> = {}): Quirks {
  const end = Object.keys(QUIRKS).find((name) => host === name || host.endsWith(`.${name}`));
  return { ...(end === undefined ? NONE : QUIRKS[end]), ...known } as Quirks;
}
