import type {
  ListedPart,
  MultipartTarget,
  ObjectStore,
  ObjectTarget,
  PartInfo,
  StoreLimits,
} from "@sluice/object-store";
import { StoreError } from "@sluice/object-store";
import { InvalidValueError, parseBytes } from "@sluice/semaphore";
import { type PartRecord, type ResumeToken, readToken, stampOf } from "./checkpoint.js";
import { md5In, toBase64, toHex } from "./encoding.js";
import { codeOf, GONE } from "./failure.js";
import type { PartDigest } from "./integrity.js";
import type { PartBytes } from "./part.js";
import type { Place } from "./place.js";
import type { Requests } from "./requests.js";
import { ResumeTokenError } from "./transfer-errors.js";
import type { TransferOptions } from "./transfer-options.js";

//  token ──fits target and options──▶ all parts listed ──those of the token are there──▶ resumed
//    └─────────────┴─────────────────────────┴──────otherwise──▶ refused: nothing sent, nothing removed
//
//  A part, when its bytes come out of the body:
//
//  in the token ──same bytes──▶ not sent      only listed ──same bytes──▶ not sent      not listed ──▶ sent
//       └────────other bytes──▶ refused            └───────other bytes──▶ sent

interface Agreed {
  readonly partSize?: number | string | undefined;
}

interface Settled {
  /** Bytes to which the parts grow. */
  readonly largestPartSize?: number | undefined;
}

/** The options, with what the token has settled. Throws `ERR_RESUME_TOKEN` for a token that is none, or is contradicted. */
export function resumable<O extends TransferOptions & Agreed>(
  options: O,
  { maxParts }: StoreLimits,
): O & Settled {
  const { resume, integrity, onCheckpoint } = options;
  if (resume === undefined) {
    if (onCheckpoint === undefined || integrity !== "none") return options;
    throw new InvalidValueError("integrity", integrity, "a digest, to know the parts again by");
  }
  readToken(resume, maxParts);
  const { partSize, integrity: begun, checksumType } = resume;
  const settled = { partSize, integrity: begun, checksumType };
  const asked = { ...options, partSize: bytesOf(options.partSize) };
  for (const name of ["partSize", "integrity", "checksumType"] as const) {
    if (asked[name] === undefined || asked[name] === settled[name]) continue;
    throw new ResumeTokenError("options", `it was begun with ${name} ${settled[name]}, not ${asked[name]}`);
  }
  return { ...options, ...settled, largestPartSize: resume.largestPartSize };
}

const bytesOf = (size: number | string | undefined) => (typeof size === "string" ? parseBytes(size) : size);

/** What an upload that goes on has already. To be opened, not made. */
export class Resumed {
  readonly upload: MultipartTarget;
  readonly records: ReadonlyMap<number, PartRecord>;
  readonly #listed: ReadonlyMap<number, ListedPart>;

  private constructor(
    upload: MultipartTarget,
    records: ReadonlyMap<number, PartRecord>,
    listed: ReadonlyMap<number, ListedPart>,
  ) {
    this.upload = upload;
    this.records = records;
    this.#listed = listed;
  }

  /**
   * Compares the token with what the store has.
   *
   * - **Order:** the pages of the listing, one after the other.
   * - **Abort:** rejects with `signal.reason`.
   * - **Errors:** `ERR_RESUME_TOKEN`; the store's.
   */
  static async open(
    { store, requests }: Pick<Place, "store" | "requests">,
    target: ObjectTarget,
    token: ResumeToken,
    length: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Resumed> {
    const records = readToken(token, store.limits.maxParts);
    const { bucket, key, uploadId } = token;
    if (bucket !== target.bucket || key !== target.key) {
      throw new ResumeTokenError("target", `the token is of ${bucket}/${key}`);
    }
    if (length !== undefined && token.length !== undefined && length !== token.length) {
      throw new ResumeTokenError("body", `it was begun with ${token.length} bytes, not ${length}`);
    }
    const upload = { bucket, key, uploadId };
    const listed = await listAll(store, upload, requests, signal);
    for (const [partNumber, { stamp }] of records) {
      const part = listed.get(partNumber);
      if (part === undefined || (await stampOf(part)) !== stamp) {
        const what = part === undefined ? "does not have" : "has another";
        throw new ResumeTokenError("parts", `the store ${what} part ${partNumber}`);
      }
    }
    return new Resumed(upload, records, listed);
  }

  /** How many parts the store has. */
  get size(): number {
    return this.#listed.size;
  }

  /** The part as the store has it, if these are its bytes. Throws `ERR_RESUME_TOKEN` if the token says that it had others. */
  async find(partNumber: number, bytes: PartBytes, { value }: PartDigest): Promise<PartInfo | undefined> {
    const part = this.#listed.get(partNumber);
    if (part === undefined) return undefined;
    const record = this.records.get(partNumber);
    const same = part.size === bytes.size;
    if (record !== undefined) {
      if (same && record.digest === value) return part;
      throw new ResumeTokenError("body", `part ${partNumber} had other bytes`);
    }
    return same && (await isOf(bytes, part)) ? part : undefined;
  }

  /** Throws unless the body had all the parts that the token names. */
  checkEnd(parts: number): void {
    const beyond = [...this.records.keys()].find((partNumber) => partNumber > parts);
    if (beyond === undefined) return;
    throw new ResumeTokenError("body", `the body ended after part ${parts}, but there was a part ${beyond}`);
  }
}

// It arrived when nobody was left to hear of it: the store's own digest says what it is.
async function isOf(bytes: PartBytes, { checksum, etag }: ListedPart): Promise<boolean> {
  if (checksum === undefined) return md5In(etag) === toHex(await bytes.digest("md5"));
  return checksum.value === toBase64(await bytes.digest(checksum.algorithm));
}

async function listAll(
  store: ObjectStore,
  upload: MultipartTarget,
  requests: Requests,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, ListedPart>> {
  const listed = new Map<number, ListedPart>();
  try {
    for (let after: number | undefined = 0; after !== undefined; ) {
      const from: number = after;
      const ask = () => store.listParts(upload, { ...requests.access, after: from, signal });
      const { parts, next } = await requests.make("listParts", ask, signal);
      for (const part of parts) listed.set(part.partNumber, part);
      if (next !== undefined && !(next > from && next <= store.limits.maxParts)) {
        throw new StoreError("InternalError", `the list of parts goes on after ${from} with ${next}`);
      }
      after = next;
    }
  } catch (cause) {
    if (!GONE.has(codeOf(cause))) throw cause;
    throw new ResumeTokenError("gone", `the store knows no upload ${upload.uploadId.slice(0, 80)}`, {
      cause,
    });
  }
  return listed;
}
