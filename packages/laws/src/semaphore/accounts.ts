import type { WatchedSignal } from "../watched-signal.js";
import { type Schedule, SIGNALS } from "./commands.js";
import type { MakeSemaphore, PermitLike, SemaphoreLike } from "./subject.js";
import { type Answer, SlowSemaphore } from "./twin.js";

//  A request, as its caller sees it:
//
//  pending ──granted──▶ live ──release──▶ released      a part of a split permit is live from the start
//    └──────rejected──▶ rejected

export interface Asked {
  readonly id: number;
  readonly by: "acquire" | "tryAcquire" | "split";
  /** Whose it is, where parties do only what is theirs to do. */
  readonly party: number | undefined;
  /** What it asked for; less once it was split or shrunk. */
  weight: number;
  /** It could never be granted. */
  readonly doomed: boolean;
  readonly signal: WatchedSignal | undefined;
  readonly timed: boolean;
  /** How many requests were pending, and how many live or pending, when it came. */
  readonly waitedFor: number;
  readonly ahead: number;
  /** How many permits had been given back when it came. */
  readonly releasesBefore: number;
  readonly afterClose: boolean;
  /** What the twin answered. */
  readonly expected: Answer;
  state: "pending" | "live" | "released" | "rejected";
  permit?: PermitLike;
  error?: unknown;
  /** What ended it while it was pending, as far as its caller knew. */
  ended?: "abort" | "time-out" | "resize";
}

export interface IdleWait {
  resolved: boolean;
  /** Whether nothing was held at some check since. */
  sawZero: boolean;
}

/** What the callers of one subject have seen of it, beside the twin, which was asked the same. */
export class Accounts {
  readonly subject: SemaphoreLike;
  readonly twin: SlowSemaphore;
  readonly asked: Asked[] = [];
  readonly idleWaits: IdleWait[] = [];
  /** All signals there have been, and those in use now. */
  readonly signals: WatchedSignal[] = [];
  readonly slots: (WatchedSignal | undefined)[] = new Array(SIGNALS).fill(undefined);
  /** Who acts; anybody, where parties are not told apart. */
  party: number | undefined;
  /** Who was granted since the step began, in the order in which the callers heard of it; and by the twin. */
  served: number[] = [];
  servedByTwin: number[] = [];
  releases = 0;
  closed = false;
  /** What went through though it should have been refused, and what was refused though it should not. */
  readonly wrongs: string[] = [];
  /** Everything was given back and nobody asks any more: who still waits now waits for ever. */
  finished = false;
  readonly story: string[] = [];

  constructor(make: MakeSemaphore, { capacity, maxWaiting }: Schedule) {
    this.subject = make(capacity, maxWaiting === undefined ? {} : { maxWaiting });
    this.twin = new SlowSemaphore(capacity, maxWaiting);
    this.tell(`capacity ${capacity}${maxWaiting === undefined ? "" : `, at most ${maxWaiting} waiting`}`);
  }

  get capacity(): number {
    return this.twin.capacity;
  }

  /** Those that are for the one who acts to deal with. */
  own(asked: readonly Asked[]): Asked[] {
    return asked.filter(({ party }) => this.party === undefined || party === this.party);
  }

  get pending(): Asked[] {
    return this.asked.filter(({ state }) => state === "pending");
  }

  get live(): Asked[] {
    return this.asked.filter(({ state }) => state === "live");
  }

  /** The weights of the permits that were handed out and not given back. */
  get lent(): number {
    return this.live.reduce((sum, { weight }) => sum + weight, 0);
  }

  beginStep(): void {
    this.served = [];
    this.servedByTwin = [];
  }

  ask(facts: Pick<Asked, "id" | "by" | "weight" | "doomed" | "signal" | "timed" | "expected">): Asked {
    const asked: Asked = {
      ...facts,
      party: this.party,
      waitedFor: this.pending.length,
      ahead: this.live.length + this.pending.length,
      releasesBefore: this.releases,
      afterClose: this.closed,
      state: "pending",
    };
    this.asked.push(asked);
    return asked;
  }

  /** A part of a live permit, which is live at once. */
  book(whole: Asked, weight: number): Asked {
    const facts = { id: this.asked.length + 1, by: "split", weight, doomed: false, timed: false } as const;
    const part = this.ask({ ...facts, signal: undefined, expected: "granted" });
    part.state = "live";
    whole.weight -= weight;
    return part;
  }

  granted(asked: Asked, permit: PermitLike): void {
    asked.state = "live";
    asked.permit = permit;
    if (asked.by === "acquire") this.served.push(asked.id);
    this.tell(`  #${asked.id} is granted`);
  }

  rejected(asked: Asked, error: unknown): void {
    asked.state = "rejected";
    asked.error = error;
    this.tell(`  #${asked.id} is refused: ${error instanceof Error ? error.message : String(error)}`);
  }

  tell(line: string): void {
    this.story.push(line);
  }
}
