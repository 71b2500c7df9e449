import type { Checksum, ObjectInfo } from "@sluice/object-store";
import type { Permit } from "@sluice/semaphore";
import type { OpenBody, Pin } from "./open-body.js";
import { RangeRead } from "./range-read.js";
import { LANE, lengthOf, type RangePlace, type Scattering, type Span } from "./scattering.js";

//    done  │fill│done│fill│fill│ not asked for         begun in the object's order, done in any
//
//  A range:  waits for the budget ─▶ asked ─▶ reading ⇄ writing ─▶ done
//                                              │          │
//                                  a failure   ▼ at once  ▼ when the write is over
//                                            ended: nothing is held, nothing more is written
//
//  Nothing here waits for a lower range, so whoever holds its share of the budget can always go on.

interface Lane {
  readonly read: RangeRead;
  readonly place: RangePlace;
  permit: Permit | undefined;
  writing: boolean;
}

/** The ranges of an object, each handed on as it comes, in no order. */
export class ScatteredRanges {
  /** What the bytes are to be compared with. */
  readonly checksum: Checksum | undefined;
  readonly info: ObjectInfo;
  readonly #s: Scattering;
  readonly #pin: Pin;
  readonly #lanes = new Set<Lane>();
  #missing: Span[] = [];
  #placeOf!: (range: Span) => RangePlace;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;
  #resolve = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(scattering: Scattering) {
    this.#s = scattering;
    this.info = scattering.info;
    this.checksum = scattering.checksum;
    this.#pin = { etag: scattering.info.etag, size: scattering.info.size };
    const { signal } = scattering.asking;
    signal.addEventListener("abort", () => this.#fail(signal.reason), { once: true });
  }

  /** Bytes that are paid for. */
  get held(): number {
    return [...this.#lanes].reduce((sum, { permit }) => sum + (permit?.weight ?? 0), 0);
  }

  /**
   * Reads the spans that are missing, which have no byte in common and are in order: all of the object, unless only its
   * head was asked for. Once.
   *
   * - **Order:** ranges are begun in the object's; a place gets the bytes of its range in order.
   * - **Abort:** rejects with `signal.reason`, when no place is writing any more; every byte is given back.
   * - **Errors:** those of `download`, and of the places.
   */
  read(missing: readonly Span[], placeOf: (range: Span) => RangePlace): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    this.#missing = [...missing];
    this.#placeOf = placeOf;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const { first } = this.#s;
      if (first !== undefined) this.#beginFirst(first);
      this.#pump();
    });
  }

  /** Gives up, if that is not over. */
  cancel(reason: unknown): void {
    this.#fail(reason);
  }

  #beginFirst({ body, permit }: NonNullable<Scattering["first"]>): void {
    const { range } = body.info;
    if (range.end < range.start) {
      body.cancel("there is nothing to read");
      permit?.release();
      return;
    }
    const length = range.end - range.start + 1;
    permit?.shrink(Math.min(length, LANE));
    this.#take(length);
    this.#begin(range, permit, body);
  }

  /** Begins what the window and the budget have room for. */
  #pump(): void {
    const { window, budget } = this.#s;
    while (this.#failure === undefined && this.#missing.length > 0 && this.#lanes.size < window) {
      const [{ start, end }] = this.#missing as [Span];
      const length = lengthOf(end - start + 1, this.#s);
      const permit = budget?.tryAcquire(Math.min(length, LANE));
      // One stands in line, so that it goes on; others do not, so that who shares the budget gets some of it.
      if (budget !== undefined && permit === undefined && this.#lanes.size > 0) return;
      this.#take(length);
      this.#begin({ start, end: start + length - 1 }, permit);
    }
    this.#settle();
  }

  #take(length: number): void {
    const [{ start, end }] = this.#missing as [Span];
    if (start + length > end) this.#missing.shift();
    else this.#missing[0] = { start: start + length, end };
  }

  #begin(range: Span, permit: Permit | undefined, body?: OpenBody): void {
    const { asking, retry } = this.#s;
    const read = new RangeRead(asking, retry, this.#pin, range, body);
    const lane: Lane = { read, place: this.#placeOf(range), permit, writing: false };
    this.#lanes.add(lane);
    void this.#fill(lane);
  }

  async #fill(lane: Lane): Promise<void> {
    const { budget, asking } = this.#s;
    const { read, place } = lane;
    try {
      const weight = Math.min(read.length, LANE);
      const permit = lane.permit ?? (await budget?.acquire(weight, { signal: asking.signal }));
      if (!this.#lanes.has(lane)) return permit?.release();
      lane.permit = permit;
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
    this.#s.stop(error);
    const { first } = this.#s;
    first?.body.cancel(error);
    if (this.#placeOf === undefined) first?.permit?.release();
    for (const lane of this.#lanes) {
      lane.read.cancel(error);
      // What a store does not answer must not be waited for; what is being written must.
      if (!lane.writing) this.#end(lane);
    }
    this.#settle();
  }

  #end(lane: Lane): void {
    if (this.#lanes.delete(lane)) lane.permit?.release();
  }

  #settle(): void {
    if (this.#ended || this.#lanes.size > 0) return;
    if (this.#failure === undefined && this.#missing.length > 0) return;
    this.#ended = true;
    this.#s.onEnd();
    if (this.#failure === undefined) this.#resolve();
    else this.#reject(this.#failure.error);
  }
}
