import { ClosedError } from "@sluice/semaphore";
import type { SendPermit } from "./halves.js";
import { type ChannelOptions, weightOf } from "./options.js";
import type { Lease } from "./share.js";

//  held ──send──────▶ used        the item is in; what it leaves of the room is free
//    │ └──too heavy──▶ held        the error says so
//    └──release──────▶ given up    the room is free

/** What stands in the line of senders without an item: who wants a seat, and who wants to know that there is room. */
export const SEAT = Symbol();
export const ROOM = Symbol();

/** Who gave the seat, and gets it back. */
export interface Keeper<T> {
  readonly options: ChannelOptions<T>;
  occupy(seat: number, item: T, weight: number, lease: Lease): void;
  vacate(seat: number, lease: Lease): void;
}

/** Room without an item. Its keeper does the rest. */
export class Seat<T> implements SendPermit<T> {
  readonly weight: number;
  #core: Keeper<T> | undefined;
  readonly #lease: Lease;

  constructor(weight: number, core: Keeper<T>, lease: Lease) {
    this.#lease = lease;
    this.weight = weight;
    this.#core = core;
  }

  send(item: T): void {
    const weight = weightOf(item, { ...this.#live().options, capacity: this.weight });
    // Again: the weigher may have used it, or given it up.
    const core = this.#live();
    this.#core = undefined;
    core.occupy(this.weight, item, weight, this.#lease);
  }

  release(): void {
    const core = this.#core;
    this.#core = undefined;
    core?.vacate(this.weight, this.#lease);
  }

  [Symbol.dispose](): void {
    this.release();
  }

  #live(): Keeper<T> {
    if (this.#core === undefined) throw new ClosedError(undefined, "the send permit");
    return this.#core;
  }
}
