/** Nothing that can be read was passed where a source was needed. `code` is `ERR_NOT_A_SOURCE`. */
export class NotASourceError extends TypeError {
  override readonly name = "NotASourceError";
  readonly code = "ERR_NOT_A_SOURCE";
  readonly value: unknown;
  constructor(value: unknown, what = Object.prototype.toString.call(value)) {
    super(
      `source must be an iterable, an async iterable, a Node Readable or a web ReadableStream, got ${what}`,
    );
    this.value = value;
  }
}

/** An item weighs more than was reserved before it was read. `code` is `ERR_ITEM_TOO_HEAVY`. */
export class ItemTooHeavyError extends RangeError {
  override readonly name = "ItemTooHeavyError";
  readonly code = "ERR_ITEM_TOO_HEAVY";
  readonly weight: number;
  /** The option `weight`. */
  readonly reserved: number;
  constructor(weight: number, reserved: number) {
    super(
      `an item weighs ${weight}, but only ${reserved} were reserved for each: \`weight\` must be the most`,
    );
    this.weight = weight;
    this.reserved = reserved;
  }
}
