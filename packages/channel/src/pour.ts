import { ClosedError, TooHeavyError } from "@sluice/semaphore";
import type { Sender, SendPermit } from "./halves.js";

//  waiting for room ──room──▶ reading ──item──▶ sending ──sent──▶ waiting for room
//         └──source is over──────▶│ └──end──▶ closed                the channel is closed
//  any of them ──source fails, channel refuses, signal aborts──▶ failed    the channel fails, the source is stopped

export interface PourOptions {
  /** When it aborts, the source is cancelled and the channel fails, both with `signal.reason`. */
  signal?: AbortSignal | undefined;
}

/** Where items come from, one when it is asked for one. */
export interface Source<T> {
  next(): Promise<{ done: boolean; value?: T | undefined }>;
  /** Settles when there is nothing left to read, also if nobody asks. */
  readonly over: Promise<unknown>;
  /** Nothing more is wanted. A `next` that waits settles, and so do all that come. */
  stop(reason: unknown): void;
  /** The source is somebody else's again. */
  leave(): void;
}

/** Sends all that a source has, and then closes the channel. */
export function pour<T>(open: () => Source<T>, channel: Sender<T>, options: PourOptions = {}): Promise<void> {
  const poured = pourAll(open, channel, options);
  // The receivers hear of it too, so who does not look at this promise misses nothing.
  poured.catch(() => undefined);
  return poured;
}

async function pourAll<T>(open: () => Source<T>, channel: Sender<T>, { signal }: PourOptions): Promise<void> {
  try {
    await new Pour(open(), channel, signal).run();
  } catch (error) {
    channel.fail(error);
    throw error;
  }
  channel.close();
}

class Pour<T> {
  readonly #source: Source<T>;
  readonly #channel: Sender<T>;
  readonly #signal: AbortSignal | undefined;
  /** Ends the wait for room: nothing comes any more. */
  readonly #dry = new AbortController();
  /** Ends the listening. */
  readonly #done = new AbortController();
  /** Until the first item for which it does not do: a rendezvous has no seats, and one of 1 is too small for bytes. */
  #seated = true;
  #refusal: { readonly error: unknown } | undefined;

  constructor(source: Source<T>, channel: Sender<T>, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#channel = channel;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    this.#listen();
    try {
      while (!this.#refusal && (await this.#step()));
    } catch (error) {
      this.#refuse(error, error instanceof ClosedError ? error.cause : error);
    } finally {
      this.#done.abort();
      this.#source.leave();
    }
    if (this.#refusal) throw this.#refusal.error;
  }

  #listen(): void {
    const { signal } = this.#done;
    const run = () => this.#dry.abort();
    this.#source.over.then(run, run);
    this.#channel.whenClosed({ signal }).then(
      (closed) => this.#refuse(closed, closed.cause),
      () => undefined,
    );
    const abort = () => this.#refuse(this.#signal!.reason, this.#signal!.reason);
    if (this.#signal?.aborted) abort();
    else this.#signal?.addEventListener("abort", abort, { signal });
  }

  /** The first reason is the answer. */
  #refuse(error: unknown, reason: unknown): void {
    if (this.#refusal) return;
    this.#refusal = { error };
    this.#dry.abort();
    this.#source.stop(reason);
  }

  /** Moves one item, if there is one. */
  async #step(): Promise<boolean> {
    const seat = await this.#room();
    try {
      const { done, value } = await this.#source.next();
      if (!done) await this.#send(value as T, seat);
      return !done;
    } finally {
      seat?.release();
    }
  }

  async #room(): Promise<SendPermit<T> | undefined> {
    const wait = { signal: this.#dry.signal };
    try {
      if (this.#seated) return await this.#channel.reserve(wait);
    } catch {
      this.#seated = false; // what else it was about, `whenRoom` says as well
    }
    try {
      if (await this.#channel.whenRoom(wait)) return undefined;
    } catch (refusal) {
      return this.#unlessDry(refusal);
    }
    throw await this.#channel.whenClosed();
  }

  /** Without room the source is asked all the same when it is over: it says how it ended. */
  #unlessDry(refusal: unknown): undefined {
    if (!this.#dry.signal.aborted) throw refusal;
  }

  async #send(item: T, seat: SendPermit<T> | undefined): Promise<void> {
    try {
      if (seat) return seat.send(item);
    } catch (refusal) {
      if (!(refusal instanceof TooHeavyError)) throw refusal;
      this.#seated = false;
      seat!.release();
    }
    await this.#channel.send(item, { signal: this.#signal });
  }
}
