import type { WatchedSignal } from "../watched-signal.js";
import type { Schedule } from "./commands.js";
import type { ChannelLike, MakeChannel, Parcel, SeatLike, WhenFull } from "./subject.js";
import { SlowChannel } from "./twin.js";

//  An item, as its sender sees it            A receive, as its caller sees it
//
//  pending ──accepted──▶ accepted            pending ──got──▶ got
//    └──────refused────▶ refused               ├──────ended─▶ ended      (nothing there, the end, the failure)
//                                              └──────left──▶ left       (aborted, timed out)

interface Ends {
  /** Whose it is, where parties do only what is theirs to do. */
  readonly party: number | undefined;
  readonly signal: WatchedSignal | undefined;
  readonly timed: boolean;
  error?: unknown;
  /** What ended it while it was pending, as far as its caller knew. */
  ended?: "abort" | "time-out";
}

export interface Sent extends Ends {
  readonly id: number;
  readonly by: "send" | "trySend" | "seat";
  readonly sender: number;
  readonly parcel: Parcel;
  readonly doomed: boolean;
  readonly afterEnd: boolean;
  state: "pending" | "accepted" | "refused";
  /** How often it was weighed, received, and handed to `onUndelivered`. */
  weighed: number;
  received: number;
  undelivered: number;
}

/** A seat, as its holder sees it: pending until it is held or refused, then used or given up. */
export interface Seen extends Ends {
  readonly id: number;
  readonly weight: number;
  /** Holds nothing: somebody only asks whether there is room. */
  readonly asks: boolean;
  state: "pending" | "held" | "over" | "refused";
  /** What was said, and what the twin says. */
  answer?: boolean;
  expected?: boolean;
  seat?: SeatLike<Parcel>;
}

export interface Taken extends Ends {
  readonly id: number;
  readonly by: "receive" | "tryReceive" | "next" | "many" | "drain";
  state: "pending" | "got" | "ended" | "left";
  /** Whether something was buffered or a seat held, as far as anybody knew, when it was refused. */
  endedEarly: boolean;
  done: boolean;
}

const atOnce: readonly Taken["by"][] = ["tryReceive", "drain"];
const FAILURE = new Error("the failure");

/** What the callers of one subject have seen of it, beside the twin, which was asked the same. */
export class Accounts {
  readonly subject: ChannelLike<Parcel>;
  readonly twin: SlowChannel;
  readonly capacity: number;
  readonly whenFull: WhenFull;
  readonly sent: Sent[] = [];
  readonly seats: Seen[] = [];
  readonly taken: Taken[] = [];
  /** The items in the order in which receivers heard of them; and in the twin. */
  readonly received: Sent[] = [];
  readonly receivedByTwin: number[] = [];
  /** The items that the subject dropped to stay within its capacity, in order; and the twin. */
  readonly dropped: number[] = [];
  readonly droppedByTwin: number[] = [];
  /** Who acts; anybody, where parties are not told apart. */
  party: number | undefined;
  /** Who was accepted, and who got something, since the step began, in the order in which the callers heard. */
  accepted: Sent[] = [];
  got: Taken[] = [];
  /** Items that came out and never went in. */
  strangers = 0;
  end: "close" | "fail" | "cancel" | undefined;
  readonly failure = FAILURE;
  /** Everything that was there was asked for; then it was closed, unless it had ended before. */
  finished = false;
  readonly story: string[];

  constructor(make: MakeChannel, start: Omit<Schedule, "steps">, story: string[] = []) {
    const { capacity, whenFull, lowWater } = start;
    this.story = story;
    this.capacity = capacity;
    this.whenFull = whenFull;
    this.twin = new SlowChannel(capacity, whenFull, lowWater);
    this.subject = make({
      capacity,
      ...(whenFull !== "wait" && { whenFull }),
      ...(lowWater !== undefined && { lowWater }),
      weigh: (parcel) => {
        const sent = this.sent.find((one) => one.parcel === parcel);
        if (sent) sent.weighed++;
        return parcel.weight;
      },
      onUndelivered: (parcel, why) => {
        const sent = this.sent.find((one) => one.parcel === parcel);
        if (sent) sent.undelivered++;
        else this.strangers++;
        if (why === "dropped") this.dropped.push(parcel.id);
        this.tell(`  item ${parcel.id} is undelivered: ${why}`);
      },
    });
    const low = lowWater === undefined ? "" : `, low water at ${lowWater}`;
    this.tell(`capacity ${capacity}${whenFull === "wait" ? "" : `, ${whenFull}`}${low}`);
  }

  /** What was accepted and is still inside, as far as anybody outside knows. */
  get inside(): Sent[] {
    return this.sent.filter((one) => one.state === "accepted" && one.received === 0 && one.undelivered === 0);
  }

  /** Those that are for the one who acts to deal with. */
  own<One extends Ends>(asked: readonly One[]): One[] {
    return asked.filter(({ party }) => this.party === undefined || party === this.party);
  }

  get sending(): Sent[] {
    return this.sent.filter(({ state }) => state === "pending");
  }

  get reserving(): Seen[] {
    return this.seats.filter(({ state }) => state === "pending");
  }

  get held(): Seen[] {
    return this.seats.filter(({ state }) => state === "held");
  }

  get taking(): Taken[] {
    return this.taken.filter(({ state }) => state === "pending");
  }

  beginStep(): void {
    this.accepted = [];
    this.got = [];
  }

  take(by: Taken["by"], ends: { signal?: WatchedSignal | undefined; timed?: boolean }): Taken {
    const { signal, timed = false } = ends;
    const id = this.taken.length + 1;
    const { party } = this;
    const taken: Taken = { id, by, party, signal, timed, state: "pending", endedEarly: false, done: false };
    this.taken.push(taken);
    return taken;
  }

  acceptedBy(sent: Sent): void {
    sent.state = "accepted";
    this.accepted.push(sent);
    this.tell(`  item ${sent.id} is accepted`);
  }

  refused(sent: Sent, error: unknown): void {
    sent.state = "refused";
    sent.error = error;
    this.tell(`  item ${sent.id} is refused: ${shown(error)}`);
  }

  gotItem(taken: Taken, parcel: Parcel): void {
    taken.state = "got";
    this.got.push(taken);
    const sent = this.sent.find((one) => one.parcel === parcel);
    if (!sent) this.strangers++;
    else {
      sent.received++;
      this.received.push(sent);
    }
    this.tell(`  receiver ${taken.id} gets ${sent ? `item ${sent.id}` : shown(parcel)}`);
  }

  endedWith(taken: Taken, error: unknown, done = false): void {
    taken.state = taken.ended ? "left" : "ended";
    taken.error = error;
    taken.done = done;
    const seats = !atOnce.includes(taken.by) && this.end !== "cancel" ? this.held.length : 0;
    taken.endedEarly = this.inside.length + seats > 0;
    this.tell(`  receiver ${taken.id} ${done ? "is done" : `is refused: ${shown(error)}`}`);
  }

  tell(line: string): void {
    this.story.push(line);
  }
}

const shown = (value: unknown): string => (value instanceof Error ? value.message : String(value));
