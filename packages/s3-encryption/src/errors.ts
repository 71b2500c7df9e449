import type { ObjectTarget } from "@sluice/object-store";

interface At {
  readonly at?: ObjectTarget | undefined;
  readonly status: number;
  readonly cause?: unknown;
}

/** Why an object cannot be opened. Match on `code`. No message has a key, or a byte of an object. */
abstract class CannotOpenError extends Error {
  abstract readonly code: string;
  readonly retryable = false;
  /** What a server answers with. */
  readonly status: number;
  readonly bucket: string | undefined;
  readonly key: string | undefined;

  constructor(message: string, { at, status, cause }: At) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.bucket = at?.bucket;
    this.key = at?.key;
  }
}

const shown = ({ bucket, key }: ObjectTarget) => `${bucket}/${key}`;

/** A frame is not as it was sealed, or not where, or missing. `code` is `ERR_TAMPERED`. */
export class TamperedError extends CannotOpenError {
  override readonly name = "TamperedError";
  readonly code = "ERR_TAMPERED";
  /** Which frame of the object, counted from 0. */
  readonly frame: number;

  constructor(at: ObjectTarget, frame: number, what: string, cause?: unknown) {
    super(`frame ${frame} of ${shown(at)} ${what}`, { at, status: 500, cause });
    this.frame = frame;
  }
}

/** The object was not written by such a store. `code` is `ERR_NOT_SEALED`. */
export class NotSealedError extends CannotOpenError {
  override readonly name = "NotSealedError";
  readonly code = "ERR_NOT_SEALED";

  constructor(at: ObjectTarget) {
    super(`${shown(at)} is not sealed: it was written past this store`, { at, status: 409 });
  }
}

/** The object was sealed in another way than this store does. `code` is `ERR_OTHER_SEAL`. */
export class OtherSealError extends CannotOpenError {
  override readonly name = "OtherSealError";
  readonly code = "ERR_OTHER_SEAL";
  /** How it was sealed: a transform's name and the bytes of a frame. */
  readonly sealedAs: string;
  readonly expected: string;

  constructor(at: ObjectTarget, sealedAs: string, expected: string) {
    super(`${shown(at)} is sealed as ${sealedAs}, and this store opens ${expected}`, { at, status: 409 });
    this.sealedAs = sealedAs;
    this.expected = expected;
  }
}

/** No key has the name that the object was sealed under. `code` is `ERR_UNKNOWN_KEY`. */
export class UnknownKeyError extends CannotOpenError {
  override readonly name = "UnknownKeyError";
  readonly code = "ERR_UNKNOWN_KEY";
  readonly keyId: string;

  constructor(keyId: string, at?: ObjectTarget) {
    super(`there is no key ${JSON.stringify(keyId)}${at ? `, under which ${shown(at)} is sealed` : ""}`, {
      at,
      status: 409,
    });
    this.keyId = keyId;
  }
}

/**
 * The key of this name does not open the object: it is another one, or the object was sealed at another place, or what
 * is kept about it was changed. `code` is `ERR_WRONG_KEY`.
 */
export class WrongKeyError extends CannotOpenError {
  override readonly name = "WrongKeyError";
  readonly code = "ERR_WRONG_KEY";
  readonly keyId: string;

  constructor(keyId: string, at: ObjectTarget) {
    super(
      `the key ${JSON.stringify(keyId)} does not open ${shown(at)}: it is another key, or the object was moved or changed`,
      { at, status: 409 },
    );
    this.keyId = keyId;
  }
}
