import type { ObjectStore, ObjectTarget, StoreLimits } from "@sluice/object-store";
import type fc from "fast-check";
import { ReferenceSemaphore } from "../semaphore/reference.js";
import type { SemaphoreLike } from "../semaphore/subject.js";
import { settle } from "../settle.js";
import { joined } from "../store/reference-body.js";
import { Breach } from "../verdicts.js";
import { Harbour } from "./harbour.js";
import { Source, type SourcePlan } from "./source.js";
import type { UploadSubject } from "./subject.js";
import { type Asked, type Trouble, watched } from "./watched-store.js";

const later = globalThis.setTimeout;

// What turns cannot bring about are digests, delays and real servers: they have this much time. Only what is broken
// needs all of it.
const PATIENCE_MS = 20;
const MOST_PATIENCE = 100;
const MOST_PATIENCE_AT_WORK = 1_500;

/** A store, a budget and sources whose every step is taken when the scheduler says so, and who write down what happens. */
export class World {
  readonly story: string[] = [];
  readonly subject: UploadSubject;
  /** As the subject sees it. */
  readonly store: ObjectStore;
  /** As it is. */
  readonly inner: ObjectStore;
  readonly target: ObjectTarget;
  readonly requests: Asked[] = [];
  readonly inProgress = new Set<Asked>();
  /** What failed, in the order in which it did; an abort as well. */
  readonly failures: unknown[] = [];
  /** What goes wrong; nothing unless told. */
  trouble: (asked: Asked) => Trouble | undefined = () => undefined;
  /** What somebody else does behind a request that was carried out or failed, before its answer. */
  meanwhile: (asked: Asked) => Promise<void> = async () => {};
  lands = false;
  /** Bytes that the store has taken of bodies that are streamed. */
  taken = 0;
  /** Looks on: at each request, answer and chunk. */
  look: () => void = () => {};
  readonly #scheduler: fc.Scheduler;
  #breach: Breach | undefined;
  #atWork = 0;

  constructor(subject: UploadSubject, scheduler: fc.Scheduler, limits: Partial<StoreLimits> = {}) {
    const { store = new Harbour(), bucket = "bucket" } = subject;
    this.subject = subject;
    this.#scheduler = scheduler;
    this.inner = store;
    this.target = { bucket, key: `laws/${crypto.randomUUID()}` };
    const world = this;
    this.store = watched(
      store,
      {
        turn: (asked) => this.turn(nameOf(asked)),
        trouble: (asked) => this.trouble(asked),
        meanwhile: (asked) => this.meanwhile(asked),
        onAsked: (asked) => {
          this.requests.push(asked);
          this.inProgress.add(asked);
          this.story.push(`${nameOf(asked)} is asked`);
          this.look();
        },
        onWork: (work) => {
          this.#atWork++;
          const done = () => {
            this.#atWork--;
          };
          work.then(done, done);
        },
        onTaken: ({ length }) => {
          this.taken += length;
          this.look();
        },
        onSettled: (asked, failed) => {
          this.look();
          this.inProgress.delete(asked);
          if (failed && !asked.options.signal?.aborted) this.failures.push(failed.error);
          this.story.push(`${nameOf(asked)} ${failed ? `fails: ${messageOf(failed.error)}` : "is answered"}`);
        },
        get lands() {
          return world.lands;
        },
      },
      { ...store.limits, ...limits },
    );
  }

  turn(what: string): Promise<unknown> {
    return this.#scheduler.schedule(Promise.resolve(), what);
  }

  budget(bytes: number): SemaphoreLike {
    return this.subject.budget?.(bytes) ?? new ReferenceSemaphore(bytes, {});
  }

  source(plan: SourcePlan): Source {
    const sizes = plan.chunks.map(({ length }) => length);
    this.story.push(
      `a ${plan.kind} of ${sizes.slice(0, 30).join(", ")}${sizes.length > 30 ? ", …" : ""}, then ${
        typeof plan.ending === "string" ? plan.ending : "a failure"
      }`,
    );
    return new Source(plan, {
      turn: (what) => this.turn(what),
      onAsked: () => this.look(),
      onGiven: (chunk) => {
        this.story.push(`the source gives ${chunk.length} bytes`);
        this.look();
      },
      onFailed: (error) => this.failures.push(error),
    });
  }

  /** Remembers the first thing that is wrong: thrown into the subject, it would be taken for a failure of the store. */
  breach(what: string): void {
    this.#breach ??= new Breach(what, [...this.story]);
  }

  /** Ends the schedule with what was wrong, if anything was. */
  judge(): void {
    if (this.#breach) throw this.#breach;
  }

  /** Takes one scheduled step after the other until `done`; `false` when nothing is left that could happen. */
  async drive(done: () => boolean): Promise<boolean> {
    const calm = () => done() || this.#scheduler.count() > 0;
    for (;;) {
      await settle(calm);
      const most = () => (this.#atWork > 0 ? MOST_PATIENCE_AT_WORK : MOST_PATIENCE);
      for (let i = 0; !calm() && i < most(); i++) {
        await new Promise<void>((resolve) => later(resolve, PATIENCE_MS));
      }
      if (done()) return true;
      if (this.#scheduler.count() === 0) return false;
      await this.#scheduler.waitNext(1);
    }
  }

  /** The bytes at a key, or undefined if there is nothing. */
  async read(target: ObjectTarget = this.target): Promise<Uint8Array | undefined> {
    let body: ReadableStream<Uint8Array>;
    try {
      ({ body } = await this.inner.get(target));
    } catch (error) {
      if ((error as { code?: unknown }).code === "NoSuchKey") return undefined;
      throw error;
    }
    const pieces: Uint8Array[] = [];
    const reader = body.getReader();
    for (let step = await reader.read(); !step.done; step = await reader.read())
      pieces.push(step.value.slice());
    return joined(pieces);
  }

  /** What is at the key is these bytes, or nothing. */
  async expect(bytes: Uint8Array | undefined, target?: ObjectTarget): Promise<void> {
    const got = await this.read(target);
    if (got === undefined && bytes === undefined) return;
    if (got === undefined) return this.breach("there is no object");
    if (bytes === undefined) return this.breach(`an object of ${got.length} bytes was published`);
    if (got.length !== bytes.length)
      return this.breach(`the object has ${got.length} bytes instead of ${bytes.length}`);
    const at = got.findIndex((byte, i) => byte !== bytes[i]);
    if (at >= 0) this.breach(`byte ${at} of the object is ${got[at]} instead of ${bytes[at]}`);
  }

  /** The multipart uploads of these trials that are still open. */
  async leftovers() {
    const { bucket, key } = this.target;
    const { uploads } = await this.inner.listMultiparts(bucket, { prefix: key });
    return uploads.filter((upload) => upload.key.startsWith(key));
  }

  async expectNoLeftovers(): Promise<void> {
    const { length } = await this.leftovers();
    if (length > 0) this.breach(`${length} multipart uploads are still open`);
  }

  asked(method: Asked["method"]): Asked[] {
    return this.requests.filter((asked) => asked.method === method);
  }

  async clear(): Promise<void> {
    const { bucket, key } = this.target;
    if (this.subject.store === undefined) return;
    for (const upload of await this.leftovers())
      await this.inner.abortMultipart(upload).catch(() => undefined);
    const { objects } = await this.inner.list(bucket, { prefix: key });
    for (const { key } of objects) await this.inner.delete({ bucket, key });
  }
}

function nameOf({ method, nth, partNumber, tries }: Asked): string {
  if (partNumber === undefined) return `${method} ${nth}`;
  return `part ${partNumber}${tries > 1 ? ` (try ${tries})` : ""}`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
