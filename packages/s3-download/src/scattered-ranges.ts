import type { ObjectInfo } from "@sluice/object-store";
import type { Comparison } from "./integrity.js";
import type { Extent } from "./open-body.js";
import { type Paid, pay } from "./paid-range.js";
import { type Begun, RangeRead } from "./range-read.js";
import { affordable, LANE, type RangePlace, type Scattering } from "./scattering.js";

//    done  │fill│done│fill│fill│ not asked for         begun in the object's order, done in any
//
//  A range:  waits for a slot and the budget ─▶ asked ─▶ reading ⇄ writing ─▶ done
//                                                          │          │
//                                              a failure   ▼ at once  ▼ when the write is over
//                                                        ended: nothing is held, nothing more is written
//
//  What compares the parts of the object asks for them when all bytes are there: until `end`, or `cancel`, it may.
//
//  Nothing here waits for a lower range, so whoever has a slot and its share of the budget can always go on.

interface Lane {
  readonly read: RangeRead;
  readonly place: RangePlace;
  paid: Paid | undefined;
  writing: boolean;
}

/** The ranges of an object, each handed on as it comes, in no order. */
export class ScatteredRanges {
  readonly info: ObjectInfo;
  /** What the bytes are to be compared with. */
  readonly comparison: Comparison;
  readonly #s: Scattering;
  readonly #lanes = new Set<Lane>();
  #missing: Extent[] = [];
  #rangeSize = 1;
  #placeOf: ((range: Extent) => RangePlace) | undefined;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;
  #resolve = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(scattering: Scattering) {
    this.#s = scattering;
    this.info = scattering.info;
    this.comparison = scattering.comparison;
    const { signal } = scattering.asking;
    signal.addEventListener("abort", () => this.#fail(signal.reason), { once: true });
  }

  /** Bytes that are paid for. */
  get held(): number {
    return [...this.#lanes].reduce((sum, { paid }) => sum + (paid?.bytes?.weight ?? 0), 0);
  }

  /**
   * Reads what is missing, which is in order: all of the object, unless only its head was asked for. Once.
   *
   * - **Order:** ranges are begun in the object's; a place gets the bytes of its range in order.
   * - **Abort:** rejects with `signal.reason`, when no place is writing any more; every byte is given back.
   * - **Errors:** those of `download`, and of the places.
   */
  read(missing: readonly Extent[], placeOf: (range: Extent) => RangePlace): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    this.#missing = [...missing];
    this.#placeOf = placeOf;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#beginFirst();
      const bytes = this.#missing.reduce((sum, { start, end }) => sum + end - start + 1, 0);
      this.#rangeSize = this.#s.rangeSize(bytes);
      this.#pump();
    });
  }

  /** Gives up, whatever is still asked for. */
  cancel(reason: unknown): void {
    this.#fail(reason);
    if (!this.#ended) return;
    this.#s.asking.stop(reason);
    this.end();
  }

  /** When all bytes have come and are compared: nothing is going to be asked for. */
  end(): void {
    this.#s.asking.end();
  }

  #beginFirst(): void {
    const { first } = this.#s;
    if (first === undefined) return;
    const { begun, paid } = first;
    const { start, end } = begun.opened.extent;
    if (end < start) {
      begun.opened.cancel("there is nothing to read");
      giveBack(paid);
      return;
    }
    const length = end - start + 1;
    if (paid.bytes && length < paid.bytes.weight) paid.bytes.shrink(length);
    this.#begin(length, paid, begun);
  }

  /** Begins what there are slots and budget for. */
  #pump(): void {
    const { slots, budget } = this.#s;
    while (this.#failure === undefined && this.#missing.length > 0) {
      const [{ start, end }] = this.#missing as [Extent];
      const length = affordable(Math.min(end - start + 1, this.#rangeSize), budget);
      const slot = slots.tryAcquire();
      const bytes = slot && budget?.tryAcquire(Math.min(length, LANE));
      if (slot !== undefined && (budget === undefined || bytes !== undefined)) {
        this.#begin(length, { slot, bytes });
        continue;
      }
      slot?.release();
      // One stands in line, so that it goes on; others do not, so that who shares the limits gets some of them.
      if (this.#lanes.size > 0) return;
      this.#begin(length, undefined);
    }
    this.#settle();
  }

  #begin(length: number, paid: Paid | undefined, begun?: Begun): void {
    const { asking, pin } = this.#s;
    const [{ start, end }] = this.#missing as [Extent];
    const range = { start, end: start + length - 1 };
    if (range.end === end) this.#missing.shift();
    else this.#missing[0] = { start: range.end + 1, end };
    const read = new RangeRead(asking, pin, range, begun);
    const lane: Lane = { read, place: this.#placeOf!(range), paid, writing: false };
    this.#lanes.add(lane);
    if (begun === undefined) asking.tell({ type: "asked", ...range });
    void this.#fill(lane);
  }

  async #fill(lane: Lane): Promise<void> {
    const { asking } = this.#s;
    const { read, place } = lane;
    try {
      const paid = lane.paid ?? (await pay(this.#s, Math.min(read.left, LANE), asking.signal));
      if (!this.#lanes.has(lane)) return giveBack(paid);
      lane.paid = paid;
      while (read.left > 0 && this.#failure === undefined) {
        const chunk = await read.next();
        if (!this.#lanes.has(lane)) return;
        lane.writing = true;
        await place.write(chunk);
        if (read.left === 0 && this.#failure === undefined) await place.end();
        lane.writing = false;
        // Somebody else may have given something back.
        if (read.left > 0) this.#pump();
      }
      if (this.#failure === undefined) asking.tell({ type: "range", start: read.start, end: read.end });
    } catch (error) {
      lane.writing = false;
      this.#fail(error);
    }
    this.#end(lane);
    this.#pump();
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined || this.#ended) return;
    this.#failure = { error };
    const { asking, first } = this.#s;
    asking.stop(error);
    first?.begun.opened.cancel(error);
    if (this.#placeOf === undefined && first !== undefined) giveBack(first.paid);
    for (const lane of this.#lanes) {
      lane.read.cancel(error);
      // What a store does not answer must not be waited for; what is being written must.
      if (!lane.writing) this.#end(lane);
    }
    this.#settle();
  }

  #end(lane: Lane): void {
    if (this.#lanes.delete(lane) && lane.paid !== undefined) giveBack(lane.paid);
  }

  #settle(): void {
    const { asking } = this.#s;
    if (this.#ended || this.#lanes.size > 0) return;
    if (this.#failure === undefined) {
      if (this.#missing.length > 0) return;
      asking.tell({ type: "done", size: this.info.size });
      // Whoever was told may have thrown.
      if (this.#ended) return;
    }
    this.#ended = true;
    if (this.#failure !== undefined || this.comparison.inOrder === undefined) this.end();
    if (this.#failure !== undefined) this.#reject(this.#failure.error);
    else this.#resolve();
  }
}

function giveBack({ slot, bytes }: Paid): void {
  bytes?.release();
  slot.release();
}
