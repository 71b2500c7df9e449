import type { ObjectStore, ObjectTarget } from "@sluice/object-store";
import type fc from "fast-check";
import { watchedBudget } from "../download/watched-budget.js";
import { ReferenceSemaphore } from "../semaphore/reference.js";
import type { SemaphoreLike } from "../semaphore/subject.js";
import { hop } from "../settle.js";
import { joined } from "../store/reference-body.js";
import { Harbour } from "../upload/harbour.js";
import { Breach } from "../verdicts.js";
import { Client } from "./client.js";
import type { Asked, Trouble } from "./onlooker.js";
import type { Key } from "./signing.js";
import type { CredentialsLike, GatewayLike, GatewayLikeOptions, GatewaySubject } from "./subject.js";
import { watchedStore } from "./watched-store.js";

export const REGION = "laws-1";
export const KEY: Key = { accessKeyId: "LAWABIDING", secretAccessKey: "the/secret+of+the+laws" };

// What turns cannot bring about are digests and disks: what is left to them is counted in digests of our own, which take
// as long as others do on a machine that is busy. Only what is broken needs all of these.
const TURNS = 16;
const RESTING = 6;
const PATIENCE = 80;
const PATIENCE_AT_WORK = 500;
const SOME = new Uint8Array(64);

/** A store, a budget and clients whose every step is taken when the scheduler says so, and who write down what happens. */
export class World {
  readonly story: string[] = [];
  readonly subject: GatewaySubject;
  /** As it is, and as the gateway sees it. */
  readonly inner: ObjectStore;
  readonly store: ObjectStore;
  readonly requests: Asked[] = [];
  /** Requests that are neither over nor stopped. */
  readonly open = new Set<Asked>();
  readonly clients: Client[] = [];
  readonly #prefix = `laws/${crypto.randomUUID()}/`;
  readonly #keys = new Set<string>();
  readonly #scheduler: fc.Scheduler;
  readonly bucket: string;
  /** How many steps have been taken. */
  steps = 0;
  budget!: SemaphoreLike;
  gateway!: GatewayLike;
  /** What goes wrong; nothing unless told. */
  trouble: (asked: Asked) => Trouble | undefined = () => undefined;
  /** Looks on: at each request, and at each chunk just before it is given. */
  look: (bytes: number, asked?: Asked) => void = () => {};
  lookup: (accessKeyId: string) => Promise<CredentialsLike | undefined> = async (accessKeyId) =>
    accessKeyId === KEY.accessKeyId ? KEY : undefined;
  told: (result: unknown) => unknown = (result) => result;
  #breach: Breach | undefined;
  #atWork = 0;

  constructor(subject: GatewaySubject, scheduler: fc.Scheduler, chunks: readonly number[]) {
    const { store = new Harbour(), bucket = "bucket" } = subject;
    this.subject = subject;
    this.bucket = bucket;
    this.inner = store;
    this.#scheduler = scheduler;
    let cuts = 0;
    this.store = watchedStore(store, {
      turn: (what) => this.turn(what),
      trouble: (asked) => this.trouble(asked),
      onAsked: (asked) => {
        this.requests.push(asked);
        this.open.add(asked);
        this.story.push(`${asked.method} ${asked.nth} is asked`);
        this.look(0, asked);
      },
      onWork: (work) => this.#work(work),
      onWaiting: (waits) => {
        this.#atWork += waits ? -1 : 1;
      },
      onTaken: ({ nth }, bytes) => this.story.push(`the store takes ${bytes} bytes of ${nth}`),
      onGiven: ({ nth }, bytes) => {
        this.story.push(`get ${nth} gives ${bytes} bytes`);
        this.look(bytes);
      },
      onEnded: (asked, why) => {
        this.open.delete(asked);
        this.story.push(`${asked.method} ${asked.nth} ${why}`);
      },
      cut: () => chunks[cuts++ % chunks.length]!,
      told: (result) => this.told(result),
    });
  }

  /** Makes the gateway. */
  async start(options: Partial<GatewayLikeOptions> & { readonly capacity?: number } = {}): Promise<void> {
    const { capacity = 2 ** 24, ...others } = options;
    const budget = this.subject.budget?.(capacity) ?? new ReferenceSemaphore(capacity, {});
    this.budget = watchedBudget(budget, (times) => {
      if (times > 1) this.breach(`a permit was given back ${times} times`);
    });
    this.gateway = await this.subject.gateway({
      ...{ store: this.store, budget: this.budget, waitTimeout: 30_000, region: REGION },
      ...{ requestBytes: 2 ** 15, controlBytes: 4_000 },
      authenticate: (accessKeyId) => this.lookup(accessKeyId),
      ...others,
    });
  }

  get host(): string {
    const { origin = "http://gateway.test" } = this.gateway;
    return new URL(origin).host;
  }

  client(): Client {
    const client = new Client(this, `client ${this.clients.length + 1}`);
    this.clients.push(client);
    return client;
  }

  at(name = "object"): ObjectTarget {
    const key = this.#prefix + name;
    this.#keys.add(key);
    return { bucket: this.bucket, key };
  }

  turn(what: string): Promise<unknown> {
    return this.#scheduler.schedule(Promise.resolve(), what);
  }

  /** An object that is there. */
  async put(bytes: Uint8Array, target = this.at()): Promise<void> {
    await this.inner.put(target, bytes, { metadata: { law: "abiding" } });
  }

  /** The bytes of an object; undefined if there is none. */
  async bytesOf(target = this.at()): Promise<Uint8Array | undefined> {
    const got = await this.inner.get(target).catch(() => undefined);
    if (got === undefined) return undefined;
    const pieces: Uint8Array[] = [];
    const reader = got.body.getReader();
    for (let step = await reader.read(); !step.done; step = await reader.read())
      pieces.push(step.value.slice());
    return joined(pieces);
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
   * to be expected, it takes little patience: nothing is concluded from what might still have happened.
   */
  async drive(done: () => boolean, patience: "patiently" | "to rest" = "patiently"): Promise<boolean> {
    const calm = () => done() || this.#scheduler.count() > 0;
    const usual = patience === "to rest" ? RESTING : PATIENCE;
    for (;;) {
      for (let turn = 0; turn < TURNS || (turn < 4 * TURNS && !calm()); turn++) await undefined;
      const most = () => (this.#atWork > 0 ? PATIENCE_AT_WORK : usual);
      for (let i = 0; !calm() && i < most(); i++) {
        if (i >= RESTING) await hop();
        await crypto.subtle.digest("SHA-256", SOME);
      }
      if (done()) return true;
      if (this.#scheduler.count() === 0) return false;
      this.steps++;
      await this.#scheduler.waitNext(1);
    }
  }

  /** Until every client has its answer to the end. Whoever has not by then never will. */
  async finish(clients: readonly Client[] = this.clients): Promise<void> {
    if (await this.drive(() => clients.every(({ over }) => over()))) return;
    const names = clients.filter(({ over }) => !over()).map(({ name }) => name);
    this.breach(`${names.join(", ")} never gets all of the answer`);
  }

  /** Everything is back, and no request to the store goes on. */
  async expectNothingLeft(): Promise<void> {
    const { budget } = this;
    const isBack = () => this.open.size === 0 && budget.held === 0 && budget.waiting === 0;
    if (await this.drive(() => isBack() && this.#scheduler.count() === 0)) return;
    if (isBack()) return;
    if (budget.held !== 0) this.breach(`${budget.held} bytes of the budget are still held`);
    if (budget.waiting !== 0) this.breach("somebody still stands in line for the budget");
    const open = [...this.open].map(({ method, nth }) => `${method} ${nth}`);
    if (open.length > 0) this.breach(`${open.join(", ")} is still open`);
  }

  async clear(): Promise<void> {
    await this.gateway?.close?.();
    if (this.subject.store === undefined) return;
    const { bucket, inner } = this;
    const { uploads } = await inner.listMultiparts(bucket, { prefix: this.#prefix });
    for (const upload of uploads) await inner.abortMultipart(upload).catch(() => undefined);
    for (const key of this.#keys) await inner.delete({ bucket, key }).catch(() => undefined);
  }
}
