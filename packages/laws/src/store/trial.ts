import type {
  CreateMultipartOptions,
  GetOptions,
  MultipartTarget,
  ObjectStore,
  ObjectTarget,
  PartInfo,
} from "@sluice/object-store";
import fc from "fast-check";
import { hold } from "../hold.js";
import type { Effort, Law } from "../law.js";
import { settle } from "../settle.js";
import { Breach } from "../verdicts.js";
import { joined } from "./reference-body.js";
import { sinner } from "./sinners.js";
import type { Sin } from "./sins.js";
import type { MakeStore, StoreSubject } from "./subject.js";

/** A law about one trial of whatever `plan` makes up. */
export const law = <Plan>(
  id: `O${number}`,
  says: string,
  hint: string,
  sins: readonly Sin[],
  plan: fc.Arbitrary<Plan>,
  story: (trial: Trial, plan: Plan) => Promise<void>,
): Law<MakeStore> => ({
  id,
  kind: "must",
  says,
  hint,
  sinners: sins.map(sinner),
  check: (make: MakeStore, effort: Effort) =>
    hold(
      fc.asyncProperty(plan, async (made) => {
        const trial = new Trial(await make());
        try {
          await story(trial, made);
        } finally {
          await trial.clear();
        }
      }),
      effort,
    ),
});

/** One trial of one store, under a prefix of its own. */
export class Trial {
  readonly store: ObjectStore;
  readonly subject: StoreSubject;
  readonly story: string[] = [];
  readonly prefix = `laws/${crypto.randomUUID()}/`;
  readonly #keys = new Set<string>();
  readonly #uploads: MultipartTarget[] = [];

  constructor(subject: StoreSubject) {
    this.store = subject.store;
    this.subject = subject;
  }

  at(name = "object"): ObjectTarget {
    const key = this.prefix + name;
    this.#keys.add(key);
    return { bucket: this.subject.bucket, key };
  }

  /** Whether parts may only be of one size, and numbered from 1 on. */
  get equalParts(): boolean {
    return this.store.limits.equalParts === true;
  }

  /** The size of a part that just need not be the last one, and a few bytes, where parts may differ in size. */
  partSize(more: number): number {
    return this.store.limits.minPartSize + (this.equalParts ? 0 : more);
  }

  async begin(name?: string, options?: CreateMultipartOptions): Promise<MultipartTarget> {
    const metadata = { law: "abiding" };
    const upload = await this.store.createMultipart(this.at(name), { metadata, ...options });
    this.#uploads.push(upload);
    this.story.push("an upload is begun");
    return upload;
  }

  async part(upload: MultipartTarget, partNumber: number, bytes: Uint8Array): Promise<PartInfo> {
    this.story.push(`part ${partNumber} is sent, ${bytes.length} bytes`);
    return this.store.putPart(upload, partNumber, bytes);
  }

  async complete(upload: MultipartTarget, parts: readonly PartInfo[]): Promise<void> {
    this.story.push(
      `it is completed with ${parts.map(({ partNumber }) => partNumber).join(", ") || "nothing"}`,
    );
    await this.store.completeMultipart(upload, parts);
  }

  async read(target: ObjectTarget, options?: GetOptions): Promise<Uint8Array> {
    const { body } = await this.store.get(target, options);
    const pieces: Uint8Array[] = [];
    const reader = body.getReader();
    for (let step = await reader.read(); !step.done; step = await reader.read())
      pieces.push(step.value.slice());
    return joined(pieces);
  }

  /** The object is these bytes; with undefined, there is none. */
  async expect(target: ObjectTarget, bytes: Uint8Array | undefined): Promise<void> {
    if (bytes === undefined) return this.refused("reading it", this.store.get(target), "NoSuchKey");
    this.expectBytes("the object", await this.read(target), bytes);
  }

  expectBytes(what: string, got: Uint8Array, wanted: Uint8Array): void {
    if (got.length !== wanted.length)
      this.breach(`${what} has ${got.length} bytes instead of ${wanted.length}`);
    let at = 0;
    while (at < got.length && got[at] === wanted[at]) at++;
    if (at < got.length) this.breach(`byte ${at} of ${what} is ${got[at]} instead of ${wanted[at]}`);
  }

  /** The request is refused, with one of these codes if any are given. */
  async refused(what: string, request: Promise<unknown>, ...codes: readonly string[]): Promise<void> {
    const outcome = await request.then(
      () => "accepted",
      (error: unknown) => String((error as { code?: unknown } | undefined)?.code),
    );
    this.story.push(`${what}: ${outcome}`);
    if (outcome === "accepted") this.breach(`${what} is accepted`);
    if (codes.length > 0 && !codes.includes(outcome))
      this.breach(`${what} is refused with ${outcome}, not ${codes.join(" or ")}`);
  }

  breach(what: string): never {
    throw new Breach(what, this.story);
  }

  async clear(): Promise<void> {
    for (const upload of this.#uploads) await this.store.abortMultipart(upload).catch(() => undefined);
    for (const key of this.#keys)
      await this.store.delete({ bucket: this.subject.bucket, key }).catch(() => undefined);
  }
}

const later = globalThis.setTimeout;

/**
 * How a promise ends that is known to have every reason to. Stores may need the disk or the network for it, so turns
 * alone cannot tell that it never will: after them it has two seconds, which only a broken store needs.
 */
export async function ending(
  promise: Promise<unknown>,
): Promise<{ rejectedWith: unknown } | "resolved" | "hangs"> {
  let end: { rejectedWith: unknown } | "resolved" | undefined;
  promise.then(
    () => {
      end = "resolved";
    },
    (reason: unknown) => {
      end = { rejectedWith: reason };
    },
  );
  await settle(() => end !== undefined);
  for (let i = 0; i < 100 && end === undefined; i++) await new Promise<void>((resolve) => later(resolve, 20));
  return end ?? "hangs";
}
