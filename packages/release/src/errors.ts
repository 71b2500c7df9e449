/** Something that is no stream was passed where one was needed. `code` is `ERR_NOT_A_STREAM`. */
export class NotAStreamError extends TypeError {
  override readonly name = "NotAStreamError";
  readonly code = "ERR_NOT_A_STREAM";
  readonly value: unknown;
  constructor(value: unknown) {
    super(
      `expected a Node Readable, a web ReadableStream, an async iterable or a Response, got ${Object.prototype.toString.call(value)}`,
    );
    this.value = value;
  }
}
