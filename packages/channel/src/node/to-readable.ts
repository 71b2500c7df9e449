import { Readable } from "node:stream";
import type { Receiver } from "@sluice/channel";
import { ClosedError, InvalidValueError } from "@sluice/semaphore";

export interface ReadableOptions {
  /** `false` for bytes: the items are then `Uint8Array`s, which the stream may join. Default: true. */
  objectMode?: boolean | undefined;
}

/**
 * The items as a Node stream, which takes one when it is read and ends with the channel. Destroying the stream cancels
 * the channel with the same error; one item that the stream has already taken for its reader is then gone. A failed
 * channel destroys the stream with that very error.
 *
 * As a stream of bytes it does not copy, and leaves empty chunks out. A stream has no word for the item `null`, nor one
 * of bytes for anything but bytes: such an item destroys the stream with `ERR_INVALID_VALUE`.
 */
export function toReadable<T>(receiver: Receiver<T>, options?: { objectMode?: true | undefined }): Readable;
export function toReadable(receiver: Receiver<Uint8Array>, options: { objectMode: false }): Readable;
export function toReadable(
  receiver: Receiver<unknown>,
  { objectMode = true }: ReadableOptions = {},
): Readable {
  return new Readable({
    objectMode,
    highWaterMark: 0, // no item leaves the channel before somebody wants it
    read() {
      next(receiver, this, objectMode).then(
        (more) => more || this.push(null),
        // Node takes nothing at all for the wish to end well.
        (error: unknown) => this.destroy((error || new ClosedError(error)) as Error),
      );
    },
    destroy(error, done) {
      receiver.cancel(error ?? undefined);
      done(error);
    },
  });
}

/** Pushes the next item that the stream can have; `false` at the end. */
async function next(receiver: Receiver<unknown>, stream: Readable, objectMode: boolean): Promise<boolean> {
  // Node asks once more when somebody begins to listen: by then this question must be open, or it reads one ahead.
  await undefined;
  for (let answered = stream.destroyed; !answered; ) {
    const more = await receiver.receiveInto((item) => {
      if (objectMode ? item === null : !(item instanceof Uint8Array)) {
        const right = objectMode ? "anything but null, which ends a Node stream" : "a Uint8Array";
        stream.destroy(new InvalidValueError("an item", item, right));
      } else if (objectMode || (item as Uint8Array).byteLength > 0) {
        stream.push(item);
      } else return; // an empty chunk would not count as an answer, and nobody would ask again
      answered = true;
    });
    if (!more) return false;
  }
  return true;
}
