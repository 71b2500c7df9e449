/** The object was replaced or deleted while it was read. `code` is `ERR_OBJECT_CHANGED`. */
export class ObjectChangedError extends Error {
  override readonly name = "ObjectChangedError";
  readonly code = "ERR_OBJECT_CHANGED";
  readonly retryable = false;
  /** The ETag that the download began with. */
  readonly etag: string;
  /** The first byte that could not be had. */
  readonly offset: number;
  readonly how: "replaced" | "deleted";
  constructor(etag: string, offset: number, cause?: unknown, how: "replaced" | "deleted" = "replaced") {
    super(`the object is no longer ${etag}: it was ${how} before byte ${offset} was read`, { cause });
    this.etag = etag;
    this.offset = offset;
    this.how = how;
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

/** The range begins behind the object's last byte. `code` is `ERR_RANGE_BEYOND_END`. */
export class RangeBeyondEndError extends RangeError {
  override readonly name = "RangeBeyondEndError";
  readonly code = "ERR_RANGE_BEYOND_END";
  readonly retryable = false;
  readonly start: number;
  /** Bytes of the object, if the store says. */
  readonly size: number | undefined;
  constructor(start: number, size: number | undefined, cause?: unknown) {
    const there = size === undefined ? "the object ends before that" : `the object has ${size} bytes`;
    super(`the range begins at byte ${start}, but ${there}`, { cause });
    this.start = start;
    this.size = size;
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

/** The body was read by nobody for as long as `idleTimeout`, and is given up. `code` is `ERR_UNREAD`. */
export class UnreadError extends Error {
  override readonly name = "UnreadError";
  readonly code = "ERR_UNREAD";
  readonly retryable = false;
  /** Milliseconds. */
  readonly idleTimeout: number;
  constructor(idleTimeout: number) {
    super(`nobody has read the body for ${idleTimeout} ms: read it to its end, or cancel it`);
    this.idleTimeout = idleTimeout;
  }
}

/** The object has more bytes than the buffer may have; none was read. `code` is `ERR_TOO_LARGE`. */
export class TooLargeError extends RangeError {
  override readonly name = "TooLargeError";
  readonly code = "ERR_TOO_LARGE";
  readonly retryable = false;
  /** Bytes that were asked for, of the object or of the range of it. */
  readonly size: number;
  /** Bytes. */
  readonly limit: number;
  constructor(size: number, limit: number) {
    super(
      `there are ${size} bytes to read, and ${limit} are allowed: read them as a stream, or raise \`limit\``,
    );
    this.size = size;
    this.limit = limit;
  }
}

/** The bytes differ from the object's checksum, or there is none to compare with. `code` is `ERR_INTEGRITY`. */
export class IntegrityError extends Error {
  override readonly name = "IntegrityError";
  readonly code = "ERR_INTEGRITY";
  readonly retryable = false;
}

/** @internal By structure: a store's errors may be of another copy of their class. */
export const codeOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
