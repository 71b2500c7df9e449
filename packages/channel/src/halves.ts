import type { WaitOptions } from "@sluice/semaphore";

/** What a producer needs of a channel, and no more. */
export interface Sender<T> {
  /**
   * Sends the item now, or not at all: `false` when it is closed, there is no room, or somebody waits already. A
   * channel that drops what does not fit has always room.
   */
  trySend(item: T): boolean;
  /**
   * Sends the item; when there is no room, waits for it, or does what `whenFull` says.
   *
   * - **Order:** waiting senders are served in the order of their arrival.
   * - **Abort:** rejects with `signal.reason`; the item was not sent and will not be delivered.
   * - **Errors:** `ERR_CLOSED`, `ERR_TOO_HEAVY` at once, `ERR_WAIT_TIMEOUT`, `ERR_OVERLOADED`,
   *   `ERR_FULL`; whatever the weigher throws. In each case the item was not sent.
   */
  send(item: T, options?: WaitOptions): Promise<void>;
  /** No more items: receivers get what was sent, then the end. Senders that wait reject with `ERR_CLOSED`. */
  close(): void;
  /** No more items: receivers get what was sent, then this very error. Senders that wait reject with `ERR_CLOSED`. */
  fail(error: unknown): void;
}

/** What a consumer needs of a channel, and no more. Several may receive: each item goes to one of them. */
export interface Receiver<T> extends AsyncIterable<T> {
  /** The next item if there is one now; `undefined` when there is none, at the end included. */
  tryReceive(): { value: T } | undefined;
  /**
   * The next item; when there is none, waits for it.
   *
   * - **Order:** waiting receivers are served in the order of their arrival.
   * - **Abort:** rejects with `signal.reason`; no item was taken.
   * - **Errors:** `ERR_CLOSED` at the end, the failure after `fail`, `ERR_WAIT_TIMEOUT`.
   */
  receive(options?: WaitOptions): Promise<T>;
  /** Iterates; leaving the loop affects nobody else. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T>;
  /** Iterates; leaving the loop cancels the channel. */
  consume(): AsyncIterableIterator<T>;
  /** Nobody will receive any more: what was sent and not received goes to `onUndelivered`; sends reject. */
  cancel(reason?: unknown): void;
}

export function senderOf<T>(channel: Sender<T>): Sender<T> {
  return {
    trySend: (item) => channel.trySend(item),
    send: (item, options) => channel.send(item, options),
    close: () => channel.close(),
    fail: (error) => channel.fail(error),
  };
}

export function receiverOf<T>(channel: Receiver<T>): Receiver<T> {
  return {
    tryReceive: () => channel.tryReceive(),
    receive: (options) => channel.receive(options),
    [Symbol.asyncIterator]: () => channel[Symbol.asyncIterator](),
    consume: () => channel.consume(),
    cancel: (reason) => channel.cancel(reason),
  };
}
