/** The object was replaced while it was read: what came is of two versions. `code` is `ERR_OBJECT_CHANGED`. */
export class ObjectChangedError extends Error {
  override readonly name = "ObjectChangedError";
  readonly code = "ERR_OBJECT_CHANGED";
  readonly retryable = false;
  /** The ETag that the download began with. */
  readonly etag: string;
  /** The first byte of the range that could not be had. */
  readonly offset: number;
  constructor(etag: string, offset: number, cause?: unknown) {
    super(`the object is no longer ${etag}: it was replaced before byte ${offset} was read`, { cause });
    this.etag = etag;
    this.offset = offset;
  }
}

/** The store sent other bytes than those asked for. `code` is `ERR_UNEXPECTED_RANGE`. */
export class UnexpectedRangeError extends Error {
  override readonly name = "UnexpectedRangeError";
  readonly code = "ERR_UNEXPECTED_RANGE";
  readonly retryable = false;
  /** Bytes `start` to `end`, both included. */
  readonly asked: { readonly start: number; readonly end: number };
  constructor(asked: { readonly start: number; readonly end: number }, got: string) {
    super(`asked for bytes ${asked.start} to ${asked.end}, but the store sent ${got}`);
    this.asked = asked;
  }
}

/** The store sent nothing for as long as `idleTimeout`; asking again may help. `code` is `ERR_STALLED`. */
export class StalledError extends Error {
  override readonly name = "StalledError";
  readonly code = "ERR_STALLED";
  readonly retryable = true;
  /** Milliseconds. */
  readonly idleTimeout: number;
  constructor(idleTimeout: number) {
    super(`the store sent nothing for ${idleTimeout} ms`);
    this.idleTimeout = idleTimeout;
  }
}

/** The bytes differ from the object's checksum, or there is none to compare with. `code` is `ERR_INTEGRITY`. */
export class IntegrityError extends Error {
  override readonly name = "IntegrityError";
  readonly code = "ERR_INTEGRITY";
  readonly retryable = false;
}

/** @internal By structure: a store's errors may be of another copy of their class. */
export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;
