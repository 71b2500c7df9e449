//  asked ──refuses───▶ "doomed", "closed"
//    ├────fits───────▶ lent ──giveBack──▶ gone
//    ├────line full──▶ "overloaded"
//    └────otherwise──▶ in line ──serve──▶ lent
//                        └──leave, close, resize──▶ gone

/** What comes of asking. Everything but the first two is a refusal. */
export type Answer = "granted" | "waits" | "doomed" | "closed" | "overloaded";

/** The semaphore as a specification: obvious, quadratic, synchronous. Parties are known by a number. */
export class SlowSemaphore {
  capacity: number;
  readonly maxWaiting: number;
  lent: [id: number, weight: number][] = [];
  line: [id: number, weight: number][] = [];
  closed = false;

  constructor(capacity: number, maxWaiting = Number.POSITIVE_INFINITY) {
    this.capacity = capacity;
    this.maxWaiting = maxWaiting;
  }

  get held(): number {
    return this.lent.reduce((sum, [, weight]) => sum + weight, 0);
  }

  get waiting(): number {
    return this.line.length;
  }

  ask(id: number, weight: number): Answer {
    if (this.dooms(weight)) return "doomed";
    if (this.closed) return "closed";
    if (this.line.length === 0 && this.fits(weight)) {
      this.lent.push([id, weight]);
      return "granted";
    }
    if (this.line.length >= this.maxWaiting) return "overloaded";
    this.line.push([id, weight]);
    return "waits";
  }

  /** As `ask`, but whoever would have to wait leaves. */
  tryAsk(id: number, weight: number): Answer {
    const answer = this.ask(id, weight);
    if (answer === "waits") this.line.pop();
    return answer;
  }

  /** A permit comes back. Says who is served now, in order. */
  giveBack(id: number): number[] {
    this.lent = this.lent.filter(([lent]) => lent !== id);
    return this.serve();
  }

  /** A part of what is lent to one is lent to another now. */
  split(id: number, weight: number, part: number): void {
    this.lent = this.lent.map(([lent, whole]) => [lent, lent === id ? whole - weight : whole]);
    this.lent.push([part, weight]);
  }

  /** A permit keeps this much. Says who is served now, in order. */
  shrink(id: number, weight: number): number[] {
    this.lent = this.lent.map(([lent, whole]) => [lent, lent === id ? weight : whole]);
    return this.serve();
  }

  /** Says who can never be served any more, and is sent away, and who is served now. */
  resize(capacity: number): { dismissed: number[]; served: number[] } {
    this.capacity = capacity;
    const dismissed = this.line.filter(([, weight]) => this.dooms(weight)).map(([id]) => id);
    this.line = this.line.filter(([id]) => !dismissed.includes(id));
    return { dismissed, served: this.serve() };
  }

  /** These leave the line, all at the same time. Says who is served now, in order. */
  leave(ids: readonly number[]): number[] {
    this.line = this.line.filter(([waiting]) => !ids.includes(waiting));
    return this.serve();
  }

  /** Says who is sent away. */
  close(): number[] {
    this.closed = true;
    const dismissed = this.line.map(([id]) => id);
    this.line = [];
    return dismissed;
  }

  /** Whoever stands at the head and fits, and then the next; nobody overtakes a head that does not fit. */
  serve(): number[] {
    const served: number[] = [];
    for (let head = this.line[0]; head !== undefined && this.fits(head[1]); head = this.line[0]) {
      this.line.shift();
      this.lent.push(head);
      served.push(head[0]);
    }
    return served;
  }

  fits(weight: number): boolean {
    return this.held + weight <= this.capacity;
  }

  /** No waiting could ever help. */
  dooms(weight: number): boolean {
    return !Number.isSafeInteger(weight) || weight < 1 || weight > this.capacity;
  }
}
