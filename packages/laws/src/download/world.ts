import type { ByteRange, ObjectInfo, ObjectSource, ObjectStore } from "@sluice/object-store";
import type fc from "fast-check";
import { ReferenceSemaphore } from "../semaphore/reference.js";
import type { SemaphoreLike } from "../semaphore/subject.js";
import { settle } from "../settle.js";
import { ReferenceStore } from "../store/reference.js";
import { Breach } from "../verdicts.js";
import { checksumOf } from "./crc32.js";
import type { Asked, Trouble } from "./onlooker.js";
import type { Plan } from "./plan.js";
import type { DownloadSubject } from "./subject.js";
import { watchedBudget } from "./watched-budget.js";
import { watchedStore } from "./watched-store.js";

const later = globalThis.setTimeout;

// What turns cannot bring about are digests, time-outs and real servers: they have this much time. Only what is broken
// needs all of it.
const PATIENCE_MS = 20;
const MOST_PATIENCE = 25;
const MOST_PATIENCE_AT_WORK = 1_500;
const IDLE_MS = 12;

/** A store, budgets and readers whose every step is taken when the scheduler says so, and who write down what happens. */
export class World {
  readonly story: string[] = [];
  readonly subject: DownloadSubject;
  /** As the subject sees it. */
  readonly store: ObjectStore;
  readonly source: ObjectSource;
  /** Milliseconds, for the laws of time. */
  readonly idleTimeout: number;
  readonly requests: Asked[] = [];
  /** Requests that are neither over nor stopped. */
  readonly open = new Set<Asked>();
  /** What goes wrong; nothing unless told. */
  trouble: (asked: Asked) => Trouble | undefined = () => undefined;
  /** What somebody else does just before a request is carried out. */
  before: (asked: Asked) => Promise<void> = async () => {};
  /** Looks on: at each request, and at each chunk just before it is given. */
  look: (asked: Asked, bytes: number) => void = () => {};
  /** The store does not heed If-Match. */
  deaf = false;
  /** The store knows another checksum than that of the bytes. */
  misremembers = false;
  readonly #inner: ObjectStore;
  readonly #contents = new Map<string, Uint8Array>();
  readonly #scheduler: fc.Scheduler;
  readonly #budgets: SemaphoreLike[] = [];
  #breach: Breach | undefined;
  #atWork = 0;

  constructor(subject: DownloadSubject, scheduler: fc.Scheduler, { chunks, asBytes }: Plan) {
    const { store = new ReferenceStore(), bucket = "bucket", idleTimeout = IDLE_MS } = subject;
    this.subject = subject;
    this.idleTimeout = idleTimeout;
    this.#scheduler = scheduler;
    this.#inner = store;
    this.source = { bucket, key: `laws/${crypto.randomUUID()}` };
    const world = this;
    let cuts = 0;
    this.store = watchedStore(store, {
      turn: (what) => this.turn(what),
      before: (asked) => this.before(asked),
      trouble: (asked) => this.trouble(asked),
      onAsked: (asked) => {
        this.requests.push(asked);
        this.open.add(asked);
        this.story.push(`get ${asked.nth} asks for ${said(asked.options.range)}`);
        this.look(asked, 0);
      },
      onWork: (work) => this.#work(work),
      onGiven: (asked, bytes) => {
        this.story.push(`get ${asked.nth} gives ${bytes} bytes`);
        this.look(asked, bytes);
      },
      onEnded: (asked, why) => {
        this.open.delete(asked);
        this.story.push(`get ${asked.nth} ${why}`);
      },
      told: (info) => this.#told(info),
      cut: () => chunks[cuts++ % chunks.length]!,
      asBytes,
      get deaf() {
        return world.deaf;
      },
    });
  }

  turn(what: string): Promise<unknown> {
    return this.#scheduler.schedule(Promise.resolve(), what);
  }

  budget(bytes: number): SemaphoreLike {
    const inner = this.subject.budget?.(bytes) ?? new ReferenceSemaphore(bytes, {});
    this.#budgets.push(inner);
    return watchedBudget(inner, (times) => {
      if (times > 1) this.breach(`a permit was given back ${times} times`);
    });
  }

  /** Puts an object there, as somebody else does. */
  async put(bytes: Uint8Array, source = this.source): Promise<void> {
    const putting = this.#inner.put(source, bytes);
    this.#work(putting);
    const { etag } = await putting;
    this.#contents.set(etag, bytes);
  }

  #told<Info extends ObjectInfo & { readonly range?: { start: number; end: number } }>(info: Info): Info {
    const bytes = this.#contents.get(info.etag);
    const { start, end } = info.range ?? { start: 0, end: info.size - 1 };
    // What comes with a part of an object may be a checksum of that part, or none.
    if (bytes === undefined || start > 0 || end + 1 < info.size) return { ...info, checksum: undefined };
    const checksum = checksumOf(this.misremembers ? Uint8Array.of(...bytes, 1) : bytes);
    return { ...info, checksum };
  }

  #work(work: Promise<unknown>): void {
    this.#atWork++;
    const done = () => {
      this.#atWork--;
    };
    work.then(done, done);
  }

  /** Remembers the first thing that is wrong: thrown into the subject, it would be taken for a failure of the store. */
  breach(what: string): void {
    this.#breach ??= new Breach(what, [...this.story]);
  }

  /** Ends the schedule with what was wrong, if anything was. */
  judge(): void {
    if (this.#breach) throw this.#breach;
  }

  /**
   * Takes one scheduled step after the other until `done`; `false` when nothing is left that could happen. Where that is
   * to be expected, nothing that takes time can be left either.
   */
  async drive(done: () => boolean, patience: "patiently" | "to rest" = "patiently"): Promise<boolean> {
    const calm = () => done() || this.#scheduler.count() > 0;
    for (;;) {
      await settle(calm);
      const usual = patience === "to rest" ? 0 : MOST_PATIENCE + (2 * this.idleTimeout) / PATIENCE_MS;
      const most = () => (this.#atWork > 0 ? MOST_PATIENCE_AT_WORK : usual);
      for (let i = 0; !calm() && i < most(); i++) {
        await new Promise<void>((resolve) => later(resolve, PATIENCE_MS));
      }
      if (done()) return true;
      if (this.#scheduler.count() === 0) return false;
      await this.#scheduler.waitNext(1);
    }
  }

  /** Until everything is back, or nothing is left that could happen. */
  async idle(): Promise<void> {
    await this.drive(() => this.#scheduler.count() === 0 && this.#isBack());
  }

  #isBack(): boolean {
    return this.open.size === 0 && this.#budgets.every(({ held, waiting }) => held === 0 && waiting === 0);
  }

  /** Every request is over or stopped, and every byte of every budget is back. */
  expectNothingLeft(): void {
    if (this.open.size > 0)
      this.breach(`get ${[...this.open].map(({ nth }) => nth).join(", ")} is still open`);
    for (const { held, waiting } of this.#budgets) {
      if (held !== 0) this.breach(`${held} bytes of the budget are still held`);
      if (waiting !== 0) this.breach("it still stands in line for the budget");
    }
  }

  async clear(): Promise<void> {
    if (this.subject.store === undefined) return;
    const { bucket, key } = this.source;
    const { objects } = await this.#inner.list(bucket, { prefix: key });
    for (const { key } of objects) await this.#inner.delete({ bucket, key });
  }
}

const said = (range: ByteRange | undefined): string =>
  range === undefined ? "everything" : `bytes ${range.start} to ${range.end ?? "the end"}`;
