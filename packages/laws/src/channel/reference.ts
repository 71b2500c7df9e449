import { Refusal } from "../semaphore/reference.js";
import type { WaitLike } from "../semaphore/subject.js";
import { type Parked, park } from "./parking.js";
import type { ChannelLike, ChannelLikeOptions, SeatLike } from "./subject.js";
import { type Move, SlowChannel } from "./twin.js";

/**
 * The twin with promises around it: a lawful channel, slow and short. The sinners are variations of it, so what
 * is one step here is one method.
 */
export class ReferenceChannel<T> implements ChannelLike<T> {
  protected readonly twin: SlowChannel;
  protected readonly options: ChannelLikeOptions<T>;
  protected readonly items = new Map<number, T>();
  protected readonly senders = new Map<number, Parked<void>>();
  protected readonly seats = new Map<number, Parked<SeatLike<T>>>();
  protected readonly askers = new Map<number, Parked<boolean>>();
  protected readonly receivers = new Map<number, Parked<T>>();
  protected failure: unknown;
  #last = 0;

  constructor(options: ChannelLikeOptions<T>, Twin = SlowChannel) {
    this.options = options;
    this.twin = new Twin(options.capacity, options.whenFull, options.lowWater);
  }

  trySend(item: T): boolean {
    const id = this.nextId();
    this.items.set(id, item);
    const moves = this.twin.offer(id, this.options.weigh(item));
    const accepted = moves.some((move) => move.does === "accept" && move.offer === id);
    this.apply(accepted ? moves : this.twin.withdraw(id));
    return accepted;
  }

  send(item: T, options: WaitLike = {}): Promise<void> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    const id = this.nextId();
    this.items.set(id, item);
    const sent = this.park(this.senders, id, options, () => this.withdraw(id));
    this.apply(this.twin.offer(id, this.options.weigh(item)));
    return sent;
  }

  reserve({ weight = 1, ...options }: WaitLike & { weight?: number } = {}): Promise<SeatLike<T>> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    const id = this.nextId();
    const reserved = this.park(this.seats, id, options, () => this.withdraw(id));
    this.apply(this.twin.reserve(id, weight));
    return reserved;
  }

  whenRoom(options: WaitLike = {}): Promise<boolean> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    const id = this.nextId();
    const asked = this.park(this.askers, id, options, () => this.withdraw(id));
    this.apply(this.twin.inquire(id));
    return asked;
  }

  drain(max: number): T[] {
    const items: T[] = [];
    for (let got = this.tryReceive(); got; got = items.length < max ? this.tryReceive() : undefined)
      items.push(got.value);
    return items;
  }

  async receiveMany(max: number, options: WaitLike = {}): Promise<T[]> {
    const items = this.drain(max);
    if (items.length > 0) return items;
    try {
      return [await this.receive(options)];
    } catch (error) {
      if (error instanceof Refusal && error.code === "ERR_CLOSED") return [];
      throw error;
    }
  }

  tryReceive(): { value: T } | undefined {
    const id = this.nextId();
    const got: { value: T }[] = [];
    this.receivers.set(id, { resolve: (value) => got.push({ value }), reject: () => undefined });
    this.apply(this.twin.tryTake(id));
    this.receivers.delete(id);
    return got[0];
  }

  receive(options: WaitLike = {}): Promise<T> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    const id = this.nextId();
    const received = this.park(this.receivers, id, options, () => this.giveUp(id));
    this.apply(this.twin.take(id));
    return received;
  }

  close(): void {
    this.apply(this.twin.finish("close"));
  }

  fail(error: unknown): void {
    if (this.twin.end === undefined) this.failure = error;
    this.apply(this.twin.finish("fail"));
  }

  cancel(): void {
    this.apply(this.twin.finish("cancel"));
  }

  snapshot(): { dropped: number; rejected: number } {
    return { dropped: this.twin.dropped, rejected: this.twin.rejected };
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return this.iterate(() => undefined);
  }

  consume(): AsyncIterator<T> {
    return this.iterate(() => this.cancel());
  }

  protected iterate(onLeave: () => void): AsyncIterator<T> {
    return {
      next: () =>
        this.receive().then(
          (value) => ({ done: false, value }),
          (error: unknown) => {
            if (error instanceof Refusal) return { done: true, value: undefined };
            throw error;
          },
        ),
      return: async () => {
        onLeave();
        return { done: true, value: undefined };
      },
    };
  }

  protected nextId(): number {
    return ++this.#last;
  }

  protected park<Value>(
    lot: Map<number, Parked<Value>>,
    id: number,
    options: WaitLike,
    onLeave: () => void,
  ): Promise<Value> {
    return park(lot, id, options, onLeave);
  }

  protected withdraw(id: number): void {
    this.apply(this.twin.withdraw(id));
  }

  protected giveUp(id: number): void {
    this.apply(this.twin.giveUp(id));
  }

  protected apply(moves: readonly Move[]): void {
    for (const move of moves) {
      if (move.does === "accept") this.accept(move.offer);
      else if (move.does === "refuse") this.refuse(move.offer, move.why);
      else if (move.does === "deliver") this.deliver(move.offer, move.taker);
      else if (move.does === "end") this.receivers.get(move.taker)?.reject(this.endError());
      else this.drop(move.offer);
    }
  }

  protected accept(offer: number): void {
    this.senders.get(offer)?.resolve();
    this.askers.get(offer)?.resolve(true);
    this.seats.get(offer)?.resolve(this.seat(offer));
  }

  protected seat(seat: number): SeatLike<T> {
    let open = true;
    return {
      send: (item) => {
        if (!open) throw new Refusal("ERR_CLOSED");
        open = false;
        const id = this.nextId();
        this.items.set(id, item);
        this.apply(this.twin.use(seat, id, this.options.weigh(item)));
      },
      release: () => {
        if (open) this.apply(this.twin.vacate(seat));
        open = false;
      },
    };
  }

  protected drop(offer: number): void {
    this.options.onUndelivered(this.itemOf(offer), this.twin.end === "cancel" ? "cancelled" : "dropped");
  }

  protected refuse(offer: number, why?: "doomed" | "ended" | "full"): void {
    this.askers.get(offer)?.resolve(false);
    const item = this.itemOf(offer);
    const refusal = new Refusal(why === "full" ? "ERR_FULL" : "ERR_CLOSED");
    this.seats.get(offer)?.reject(refusal);
    this.senders.get(offer)?.reject(why === "full" ? Object.assign(refusal, { item }) : refusal);
  }

  protected deliver(offer: number, taker: number): void {
    this.receivers.get(taker)?.resolve(this.itemOf(offer));
  }

  protected endError(): unknown {
    return this.twin.end === "fail" ? this.failure : new Refusal("ERR_CLOSED");
  }

  protected itemOf(offer: number): T {
    const item = this.items.get(offer) as T;
    this.items.delete(offer);
    return item;
  }
}
