/** What was passed as a body, or came out of it as a chunk, is not made of bytes. `code` is `ERR_UNSUPPORTED_BODY`. */
export class UnsupportedBodyError extends TypeError {
  override readonly name = "UnsupportedBodyError";
  readonly code = "ERR_UNSUPPORTED_BODY";
  /** What it was, for example `"ArrayBuffer"`. */
  readonly got: string;
  /** What would have been right. */
  readonly expected: string;
  constructor(what: "body" | "chunk", got: string, expected: string) {
    super(`the ${what} must be ${expected}, got ${got}`);
    this.got = got;
    this.expected = expected;
  }
}

/** A Readable went on although it was paused; it was destroyed. `code` is `ERR_NOT_PAUSED`. */
export class NotPausedError extends Error {
  override readonly name = "NotPausedError";
  readonly code = "ERR_NOT_PAUSED";
  /** Chunks that had come unasked by then. */
  readonly chunks: number;
  /** Bytes of them. */
  readonly bytes: number;
  constructor(chunks: number, bytes: number) {
    super(`the Readable heeds no pause(): ${chunks} chunks, ${bytes} bytes, came while nobody asked`);
    this.chunks = chunks;
    this.bytes = bytes;
  }
}

/** The source has brought nothing for `idleTimeout`, and was cancelled. `code` is `ERR_SOURCE_STALLED`. */
export class SourceStalledError extends Error {
  override readonly name = "SourceStalledError";
  readonly code = "ERR_SOURCE_STALLED";
  readonly milliseconds: number;
  /** Bytes that had come before. */
  readonly received: number;
  constructor(milliseconds: number, received: number) {
    super(`the source has brought nothing for ${milliseconds} ms, after ${received} bytes`);
    this.milliseconds = milliseconds;
    this.received = received;
  }
}

/** The body had more or fewer bytes than were declared; nothing was published. `code` is `ERR_LENGTH_MISMATCH`. */
export class LengthMismatchError extends Error {
  override readonly name = "LengthMismatchError";
  readonly code = "ERR_LENGTH_MISMATCH";
  /** Bytes. */
  readonly declared: number;
  /** Bytes that came until it was noticed: all of a short body, and the begin of a long one. */
  readonly received: number;
  constructor(declared: number, received: number) {
    const excess = received > declared ? "at least " : "";
    super(`a body of ${declared} bytes was declared, but it has ${excess}${received}`);
    this.declared = declared;
    this.received = received;
  }
}

/** The body needs more parts, or is larger, than the store allows. `code` is `ERR_OBJECT_TOO_LARGE`. */
export class ObjectTooLargeError extends RangeError {
  override readonly name = "ObjectTooLargeError";
  readonly code = "ERR_OBJECT_TOO_LARGE";
  /** The most bytes that this upload could have had. */
  readonly maxBytes: number;
  /** Bytes of a part, of the first one if they grow. */
  readonly partSize: number;
  readonly maxParts: number;
  /** Bytes of the largest part. */
  readonly largestPart: number;
  constructor(maxBytes: number, partSize: number, maxParts: number, largestPart: number = partSize) {
    const sizes = largestPart > partSize ? `${partSize} to ${largestPart}` : partSize;
    const larger = maxBytes === partSize * maxParts ? "; larger parts would take more" : "";
    super(
      `the body exceeds ${maxBytes} bytes, the most that ${maxParts} parts of ${sizes} bytes may hold here${larger}`,
    );
    this.maxBytes = maxBytes;
    this.partSize = partSize;
    this.maxParts = maxParts;
    this.largestPart = largestPart;
  }
}

/** One part alone exceeds the whole budget, so it would wait for ever. `code` is `ERR_PART_TOO_LARGE_FOR_BUDGET`. */
export class PartTooLargeForBudgetError extends RangeError {
  override readonly name = "PartTooLargeForBudgetError";
  readonly code = "ERR_PART_TOO_LARGE_FOR_BUDGET";
  /** Bytes of a part. */
  readonly partSize: number;
  /** Bytes of the budget. */
  readonly capacity: number;
  /** The smallest budget, in bytes, that this upload could live with. */
  readonly minimum: number;
  constructor(partSize: number, capacity: number, minimum: number) {
    super(`a part of ${partSize} bytes never fits a budget of ${capacity}; it needs at least ${minimum}`);
    this.partSize = partSize;
    this.capacity = capacity;
    this.minimum = minimum;
  }
}

/** What was passed as `spool` cannot hold parts. `code` is `ERR_UNSUPPORTED_SPOOL`. */
export class UnsupportedSpoolError extends TypeError {
  override readonly name = "UnsupportedSpoolError";
  readonly code = "ERR_UNSUPPORTED_SPOOL";
  readonly value: unknown;
  constructor(value: unknown) {
    super(
      'spool must be "memory" or a Spool; what is on a disk is made by diskSpool() of @sluice/s3-upload/node, whose own upload() takes { directory }',
    );
    this.value = value;
  }
}
