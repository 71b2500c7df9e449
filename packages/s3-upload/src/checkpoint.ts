import { digestOf, type MultipartTarget } from "@sluice/object-store";
import { fromBase64, toBase64 } from "./encoding.js";
import type { ChecksumType, Integrity, PartDigest } from "./integrity.js";
import { ResumeTokenError } from "./transfer-errors.js";

/** The digests by which the bytes of a part can be known again. */
export type TokenIntegrity = Exclude<Integrity, "none">;

/**
 * All that it takes to continue an upload in another process: JSON, without secrets. At most 100 bytes a part, 1 MB for
 * 10,000 parts; 24 bytes a part with CRC32.
 */
export interface ResumeToken {
  readonly version: 1;
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
  /** Bytes. */
  readonly partSize: number;
  /** Bytes to which the parts grow. */
  readonly largestPartSize: number;
  /** Bytes of the body, if they were known. */
  readonly length?: number | undefined;
  readonly integrity: TokenIntegrity;
  readonly checksumType?: ChecksumType | undefined;
  /** What is known of each part, in base64, by commas; nothing for one that has not arrived. */
  readonly parts: string;
}

/** What a token says of one part. */
export interface PartRecord {
  /** What {@link stampOf} makes of the part as the store lists it. */
  readonly stamp: string;
  /** Base64. */
  readonly digest: string;
}

const STAMP_SIZE = 8;
const DIGEST_SIZES: Readonly<Record<TokenIntegrity, number>> = {
  md5: 16,
  crc32: 4,
  crc32c: 4,
  crc64nvme: 8,
  sha1: 20,
  sha256: 32,
};

/** Short for the ETag and the size of a part. */
export async function stampOf({
  etag,
  size,
}: {
  readonly etag: string;
  readonly size: number;
}): Promise<string> {
  const bare = etag.replaceAll('"', "");
  return toBase64(await digestOf("crc64nvme", new TextEncoder().encode(`${size} ${bare}`)));
}

/** Keeps what there is to tell of the parts that have arrived, and makes tokens of it. */
export class Checkpoints {
  readonly #begin: Omit<ResumeToken, "parts" | "bucket" | "key" | "uploadId">;
  readonly #records: string[] = [];

  constructor(
    begin: Omit<ResumeToken, "version" | "parts" | "bucket" | "key" | "uploadId">,
    known: ReadonlyMap<number, PartRecord> = new Map(),
  ) {
    this.#begin = { version: 1, ...begin };
    for (const [partNumber, record] of known) this.#write(partNumber, record);
  }

  async keep(partNumber: number, etag: string, { value, size }: PartDigest): Promise<void> {
    this.#write(partNumber, { stamp: await stampOf({ etag, size }), digest: value });
  }

  token({ bucket, key, uploadId }: MultipartTarget): ResumeToken {
    return { ...this.#begin, bucket, key, uploadId, parts: this.#records.join(",") };
  }

  #write(partNumber: number, { stamp, digest }: PartRecord): void {
    while (this.#records.length < partNumber - 1) this.#records.push("");
    const both = new Uint8Array([...fromBase64(stamp), ...fromBase64(digest)]);
    this.#records[partNumber - 1] = toBase64(both);
  }
}

/** The records of a token by the numbers of their parts. Throws `ERR_RESUME_TOKEN` for what is no token. */
export function readToken(token: ResumeToken, maxParts: number): Map<number, PartRecord> {
  const {
    version,
    bucket,
    key,
    uploadId,
    partSize,
    largestPartSize,
    length,
    integrity,
    checksumType,
    parts,
  } = Object(token) as Partial<ResumeToken>;
  check("a version that is known", version === 1);
  check("a bucket, a key and an upload id", [bucket, key, uploadId].every(isText));
  check("a part size", isCount(partSize) && partSize > 0);
  check("a largest part size", isCount(largestPartSize) && largestPartSize >= partSize!);
  check("a length", length === undefined || isCount(length));
  check("a digest that is known", isText(integrity) && Object.hasOwn(DIGEST_SIZES, integrity));
  check("a kind of checksum", [undefined, "composite", "full-object"].includes(checksumType));
  check("its parts", typeof parts === "string");
  const width = STAMP_SIZE + DIGEST_SIZES[integrity as TokenIntegrity];
  // Before it is cut up: nothing that is larger than a token can be is worth looking at.
  check("so few parts", parts!.length <= maxParts * (4 * Math.ceil(width / 3) + 1));
  const records = new Map<number, PartRecord>();
  for (const [i, text] of parts!.split(",").entries()) {
    if (text === "") continue;
    const bytes = bytesIn(text);
    check(`a record of part ${i + 1}`, bytes?.length === width && i < maxParts);
    const digest = toBase64(bytes!.subarray(STAMP_SIZE));
    records.set(i + 1, { stamp: toBase64(bytes!.subarray(0, STAMP_SIZE)), digest });
  }
  return records;
}

function check(what: string, right: boolean): void {
  if (!right) throw new ResumeTokenError("malformed", `the token must have ${what}`);
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function bytesIn(text: string): Uint8Array | undefined {
  try {
    return fromBase64(text);
  } catch {
    return undefined;
  }
}
