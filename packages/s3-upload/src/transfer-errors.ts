/** What the store says it has is not what was sent. `code` is `ERR_INTEGRITY_MISMATCH`. */
export class IntegrityError extends Error {
  override readonly name = "IntegrityError";
  readonly code = "ERR_INTEGRITY_MISMATCH";
  /** Whose digest it is. */
  readonly what: "part" | "object";
  /** Which part of the body, from 1; of what the store has copied, which part it became. */
  readonly partNumber: number | undefined;
  /** Such as `"crc32"`; `"etag"` for an MD5 in an ETag. */
  readonly algorithm: string;
  readonly expected: string;
  readonly got: string;
  /** Whether there is an object now that differs from what was sent. Nothing has been done about it. */
  readonly published: boolean;
  /** Whether sending the same bytes again may help. */
  readonly retryable: boolean;
  constructor(facts: {
    readonly what: "part" | "object";
    readonly partNumber?: number | undefined;
    readonly algorithm: string;
    readonly expected: string;
    readonly got: string;
    readonly published: boolean;
    readonly retryable: boolean;
  }) {
    const { what, partNumber, algorithm, expected, got, published } = facts;
    const which = partNumber === undefined ? `the ${what}` : `part ${partNumber}`;
    const there = published ? "; it is published as it is" : "";
    super(`the store has ${which} with the ${algorithm} ${got.slice(0, 100)}, not ${expected}${there}`);
    this.what = what;
    this.partNumber = partNumber;
    this.algorithm = algorithm;
    this.expected = expected;
    this.got = got;
    this.published = published;
    this.retryable = facts.retryable;
  }
}

/** The store took a part, but named no ETag by which to complete with it. `code` is `ERR_NO_ETAG`. */
export class MissingEtagError extends Error {
  override readonly name = "MissingEtagError";
  readonly code = "ERR_NO_ETAG";
  /** As in `IntegrityError`. */
  readonly partNumber: number;
  /** An answer of something else than the store, such as a proxy's page, may not come again. */
  readonly retryable = true;
  constructor(partNumber: number) {
    super(`the answer to part ${partNumber} has no ETag; in a browser, CORS must expose that header`);
    this.partNumber = partNumber;
  }
}

/**
 * Another write came between, and the store wants all parts once more, in a new upload. The body has been read, so that is
 * the caller's to do. `code` is `ERR_UPLOAD_CONFLICT`; `cause` is the store's own error.
 */
export class UploadConflictError extends Error {
  override readonly name = "UploadConflictError";
  readonly code = "ERR_UPLOAD_CONFLICT";
  constructor(key: string, cause: unknown) {
    const what = `another write to ${key.slice(0, 200)} came between: begin again, with all of the body`;
    super(what, { cause });
  }
}

/** Why a token is of no use. `"body"`: the body is not the one that the token was made of. */
export type ResumeRefusal = "malformed" | "target" | "options" | "gone" | "parts" | "body";

/** What a resume token says does not fit; nothing was sent, and nothing removed. `code` is `ERR_RESUME_TOKEN`. */
export class ResumeTokenError extends Error {
  override readonly name = "ResumeTokenError";
  readonly code = "ERR_RESUME_TOKEN";
  readonly why: ResumeRefusal;
  constructor(why: ResumeRefusal, message: string, options?: { readonly cause: unknown }) {
    super(`the upload cannot be resumed: ${message}`, options);
    this.why = why;
  }
}
