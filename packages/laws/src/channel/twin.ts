//  An item                                          The channel
//
//  offered ──ended, doomed──▶ refused               open ──close──▶ closed
//    └─in line ──fits, or is taken──▶ accepted        ├────fail───▶ failed
//        │          ├──deliver──▶ gone                └────cancel─▶ cancelled
//        │          └──drop─────▶ gone
//        └──full, withdraw, close, fail, cancel──▶ refused

import type { WhenFull } from "./subject.js";

interface Offer {
  readonly id: number;
  readonly weight: number;
  accepted: boolean;
  /** Room that is asked for, or held, without an item. */
  readonly seat?: boolean;
  /** Nothing is asked for but to know that there is room. */
  readonly asks?: boolean;
}

/** What happens to whom; takers are whoever receives. */
export type Move =
  | { readonly does: "accept" | "drop"; readonly offer: number }
  | { readonly does: "refuse"; readonly offer: number; readonly why: "doomed" | "ended" | "full" }
  | { readonly does: "deliver"; readonly offer: number; readonly taker: number }
  | { readonly does: "end"; readonly taker: number };

/** The channel as a specification: obvious, quadratic, synchronous. Items and takers are known by a number. */
export class SlowChannel {
  readonly capacity: number;
  readonly whenFull: WhenFull;
  readonly lowWater: number;
  /** Whether those who wait are let in: from when so little is buffered until no more fits. */
  awake = true;
  line: Offer[] = [];
  takers: number[] = [];
  end: "close" | "fail" | "cancel" | undefined;
  dropped = 0;
  rejected = 0;

  constructor(capacity: number, whenFull: WhenFull = "wait", lowWater = Number.POSITIVE_INFINITY) {
    this.capacity = capacity;
    this.lowWater = lowWater;
    this.whenFull = whenFull;
  }

  get buffered(): number {
    return this.line.reduce((sum, { weight, accepted }) => sum + (accepted ? weight : 0), 0);
  }

  offer(id: number, weight: number): Move[] {
    if (this.end) return [{ does: "refuse", offer: id, why: "ended" }];
    if (this.dooms(weight)) return [{ does: "refuse", offer: id, why: "doomed" }];
    const incoming = { id, weight, accepted: false };
    const moves = this.join(incoming);
    const waits = this.line.includes(incoming) && !incoming.accepted;
    return waits && this.whenFull !== "wait" ? [...moves, ...this.overflow(incoming)] : moves;
  }

  /** Nobody waits: the item is refused, or one after the other gives way until it fits. */
  overflow(incoming: Offer): Move[] {
    if (this.whenFull === "reject") {
      this.rejected++;
      this.line.pop();
      return [{ does: "refuse", offer: incoming.id, why: "full" }];
    }
    const moves: Move[] = [];
    while (!incoming.accepted) {
      const { id } = this.victim(incoming);
      this.dropped++;
      if (id === incoming.id) moves.push({ does: "accept", offer: id });
      moves.push(...this.giveWay(id));
      if (id === incoming.id) break;
    }
    return moves;
  }

  giveWay(id: number): Move[] {
    return [{ does: "drop", offer: id }, ...this.withdraw(id)];
  }

  victim(incoming: Offer): Offer {
    const inside = this.line.filter(({ accepted }) => accepted);
    if (this.whenFull === "drop-incoming") return incoming;
    return (this.whenFull === "drop-oldest" ? inside[0] : inside.at(-1)) ?? incoming;
  }

  reserve(id: number, weight: number): Move[] {
    if (this.end) return [{ does: "refuse", offer: id, why: "ended" }];
    return this.join({ id, weight, accepted: false, seat: true });
  }

  /** Asks whether there is room, and waits until there is. */
  inquire(id: number): Move[] {
    if (this.end) return [{ does: "refuse", offer: id, why: "ended" }];
    return this.join({ id, weight: 1, accepted: false, asks: true });
  }

  /** Comes to the line. Where nobody waits, there is nobody to be woken. */
  join(incoming: Offer): Move[] {
    const alone = this.line.every(({ accepted }) => accepted);
    this.line.push(incoming);
    return this.settle(alone);
  }

  /** The item takes the place of its seat, behind all that was accepted before. It neither waits nor fails. */
  use(seat: number, id: number, weight: number): Move[] {
    this.line = this.line.filter((offer) => offer.id !== seat);
    const accept: Move = { does: "accept", offer: id };
    if (this.end === "cancel") return [accept, { does: "drop", offer: id }];
    const accepted = this.line.filter((offer) => offer.accepted);
    const waiting = this.line.filter((offer) => !offer.accepted);
    this.line = [...accepted, { id, weight, accepted: true }, ...waiting];
    return [accept, ...this.settle()];
  }

  vacate(seat: number): Move[] {
    return this.withdraw(seat);
  }

  withdraw(id: number): Move[] {
    this.line = this.line.filter((offer) => offer.id !== id);
    return this.settle();
  }

  take(id: number): Move[] {
    this.takers.push(id);
    return this.settle();
  }

  /** As `take`, but whoever would have to wait leaves. */
  tryTake(id: number): Move[] {
    const head = this.line.find(({ seat, accepted }) => !(seat && accepted));
    return head && !head.seat && !head.asks ? this.take(id) : [];
  }

  giveUp(id: number): Move[] {
    this.takers = this.takers.filter((taker) => taker !== id);
    return this.settle();
  }

  /** Nothing more is accepted. After `cancel`, what was accepted is dropped. */
  finish(end: "close" | "fail" | "cancel"): Move[] {
    if (this.end && (end !== "cancel" || this.end === "cancel")) return [];
    this.end = end;
    const gone = this.line.filter(({ accepted }) => !accepted || end === "cancel");
    this.line = this.line.filter((offer) => !gone.includes(offer));
    const moves = gone.flatMap(({ id, accepted, seat }): Move[] => {
      if (!accepted) return [{ does: "refuse", offer: id, why: "ended" }];
      return seat ? [] : [{ does: "drop", offer: id }];
    });
    return [...moves, ...this.settle()];
  }

  /** Delivers what can be delivered, accepts what fits, and then the next; and ends what has come to its end. */
  settle(awake = false): Move[] {
    this.awake = awake;
    const moves: Move[] = [];
    for (let next = this.next(); next !== undefined; next = this.next()) moves.push(...next);
    return moves;
  }

  next(): Move[] | undefined {
    const head = this.line.find(({ seat, accepted }) => !(seat && accepted));
    const [taker] = this.takers;
    if (head && !head.seat && !head.asks && taker !== undefined) {
      this.line = this.line.filter((offer) => offer !== head);
      this.takers.shift();
      const delivered: Move = { does: "deliver", offer: head.id, taker };
      return head.accepted ? [delivered] : [{ does: "accept", offer: head.id }, delivered];
    }
    if (this.end && this.line.length === 0 && taker !== undefined) {
      this.takers.shift();
      return [{ does: "end", taker }];
    }
    const waiting = this.line.find(({ accepted }) => !accepted);
    if (waiting?.asks && taker !== undefined) return this.answer(waiting);
    this.awake ||= this.buffered <= this.lowWater;
    if (!waiting || !this.awake || !this.fits(waiting.weight)) return undefined;
    if (waiting.asks) return this.answer(waiting);
    waiting.accepted = true;
    return [{ does: "accept", offer: waiting.id }];
  }

  answer({ id }: Offer): Move[] {
    this.line = this.line.filter((offer) => offer.id !== id);
    return [{ does: "accept", offer: id }];
  }

  fits(weight: number): boolean {
    return this.buffered + weight <= this.capacity;
  }

  /** No waiting could ever help. A rendezvous buffers nothing, so there nothing is too heavy. */
  dooms(weight: number): boolean {
    return this.capacity > 0 && weight > this.capacity;
  }
}
