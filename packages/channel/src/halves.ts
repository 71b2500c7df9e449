import type { ClosedError, WaitOptions } from "@sluice/semaphore";
import { CORE, type Inner } from "./inner.js";

/** What a producer needs of a channel, and no more. */
export interface Sender<T> {
  /**
   * Sends the item now, or not at all: `false` when it is closed, there is no room, or somebody waits already. A
   * channel that drops what does not fit has always room. Throws `ERR_TOO_HEAVY`, and whatever the weigher or the
   * budget throws.
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
  /**
   * Waits for room, and holds it until there is an item: wait first, produce later. It waits whatever `whenFull` says.
   *
   * - **Order:** in one line with the senders that wait.
   * - **Abort:** rejects with `signal.reason`; no room is held.
   * - **Errors:** `ERR_CLOSED`, `ERR_INVALID_VALUE`, `ERR_WAIT_TIMEOUT`, `ERR_OVERLOADED`; `ERR_TOO_HEAVY` at once for
   *   a weight above the capacity, so always at a rendezvous, which has no room to hold.
   */
  reserve(options?: WaitOptions & { weight?: number | undefined }): Promise<SendPermit<T>>;
  /**
   * Waits until there is room for a weight of 1, or a receiver at a rendezvous; `false` once the channel was closed.
   * It holds nothing: whoever is quicker has the room.
   *
   * - **Order:** in one line with the senders that wait.
   * - **Abort:** rejects with `signal.reason`.
   * - **Errors:** `ERR_WAIT_TIMEOUT`, `ERR_OVERLOADED`, `ERR_INVALID_VALUE`.
   */
  whenRoom(options?: WaitOptions): Promise<boolean>;
  /**
   * Resolves once nothing more is accepted, however that came about, with the error that sends reject with: its `cause`
   * is what was said to `fail` or `cancel`. Whoever produces slowly hears so that there is no need to.
   *
   * - **Order:** all at once.
   * - **Abort:** rejects with `signal.reason`.
   * - **Errors:** `ERR_WAIT_TIMEOUT`, `ERR_INVALID_VALUE`.
   */
  whenClosed(options?: WaitOptions): Promise<ClosedError>;
  /** No more items: receivers get what was sent, then the end. Senders that wait reject with `ERR_CLOSED`. */
  close(): void;
  /** No more items: receivers get what was sent, then this very error. Senders that wait reject with `ERR_CLOSED`. */
  fail(error: unknown): void;
}

/**
 * Room in a channel, on loan until it is used or given up. The end of the channel waits for it; after `cancel` its item
 * goes to `onUndelivered`.
 */
export interface SendPermit<T> extends Disposable {
  /**
   * Sends the item now, whatever has become of the channel, and frees the room that the item leaves. Throws
   * `ERR_TOO_HEAVY` for an item heavier than the permit, which is then still good; `ERR_CLOSED` if it was used or given
   * up before.
   */
  send(item: T): void;
  /** Gives the room up, once. */
  release(): void;
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
  /**
   * The items that are there, as many as `max`; when there is none, waits for one. `[]` at the end.
   *
   * - **Order:** waiting receivers are served in the order of their arrival.
   * - **Abort:** rejects with `signal.reason`; no item was taken.
   * - **Errors:** the failure after `fail`, `ERR_WAIT_TIMEOUT`, `ERR_INVALID_VALUE`.
   */
  receiveMany(max: number, options?: WaitOptions): Promise<T[]>;
  /** The items that are there now, as many as `max` (a safe integer of at least 1); all if left out. */
  drain(max?: number): T[];
  /**
   * Hands the next item to `take` in the very step in which it leaves the channel, within the call that sent it if need
   * be: at no moment is it in a promise, where a cancellation would find nobody who has it. Resolves with `true` after
   * that, with `false` at the end. What `take` throws is a bug, and surfaces as an uncaught error.
   *
   * - **Order:** waiting receivers are served in the order of their arrival.
   * - **Abort:** rejects with `signal.reason`; no item was taken, and none will be.
   * - **Errors:** the failure after `fail`, `ERR_WAIT_TIMEOUT`.
   */
  receiveInto(take: (item: T) => void, options?: WaitOptions): Promise<boolean>;
  /** Iterates; leaving the loop affects nobody else. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T>;
  /** Iterates; leaving the loop cancels the channel. */
  consume(): AsyncIterableIterator<T>;
  /** Nobody will receive any more: what was sent and not received goes to `onUndelivered`; sends reject. */
  cancel(reason?: unknown): void;
}

export function senderOf<T>(channel: Sender<T> & Inner): Sender<T> {
  return half(channel, {
    trySend: (item) => channel.trySend(item),
    send: (item, options) => channel.send(item, options),
    reserve: (options) => channel.reserve(options),
    whenRoom: (options) => channel.whenRoom(options),
    whenClosed: (options) => channel.whenClosed(options),
    close: () => channel.close(),
    fail: (error) => channel.fail(error),
  });
}

export function receiverOf<T>(channel: Receiver<T> & Inner): Receiver<T> {
  return half(channel, {
    tryReceive: () => channel.tryReceive(),
    receive: (options) => channel.receive(options),
    receiveMany: (max, options) => channel.receiveMany(max, options),
    drain: (max) => channel.drain(max),
    receiveInto: (take, options) => channel.receiveInto(take, options),
    [Symbol.asyncIterator]: () => channel[Symbol.asyncIterator](),
    consume: () => channel.consume(),
    cancel: (reason) => channel.cancel(reason),
  });
}

// Not enumerable: what somebody makes of a half by spreading it does something else, and is none.
const half = <Half extends object>(channel: Inner, verbs: Half): Half =>
  Object.defineProperty(verbs, CORE, { value: channel[CORE] });
