/** There was no room, and the channel was told to refuse rather than to wait. `code` is `ERR_FULL`. */
export class FullError<T = unknown> extends Error {
  override readonly name = "FullError";
  readonly code = "ERR_FULL";
  /** What was not sent. */
  readonly item: T;
  readonly capacity: number;
  constructor(item: T, capacity: number, name?: string) {
    super(`${name === undefined ? "" : `${name}: `}no room for the item within ${capacity}`);
    this.item = item;
    this.capacity = capacity;
  }
}
