import { createHash } from "node:crypto";
import type { MultipartTarget, ObjectStore, PartInfo } from "@sluice/object-store";
import { expect } from "vitest";

// What a store must have after a crash: all that it has acknowledged; and of what it was asked and has not
// acknowledged, all or nothing. Each lane has keys of its own, and one request at a time, so that of each key one
// request at most is in doubt. Lanes run at the same time.

export const BUCKET = "bucket";

export type Writes = Pick<
  ObjectStore,
  | "put"
  | "copy"
  | "delete"
  | "deleteMany"
  | "createMultipart"
  | "putPart"
  | "completeMultipart"
  | "abortMultipart"
>;

interface Version {
  readonly bytes: Buffer;
  readonly colour: string;
  readonly etag: string;
  readonly sha256?: string | undefined;
}

interface Upload {
  readonly target: MultipartTarget;
  readonly colour: string;
  readonly parts: Map<number, { readonly bytes: Buffer; readonly info: PartInfo }>;
}

/** A request that has not been answered: what is there if it was done. */
interface Doubt {
  readonly objects: ReadonlyMap<string, Version | undefined>;
  /** The upload that is over if it was done. */
  readonly ends?: Upload | undefined;
  /** Whose part has these bytes if it was done. */
  readonly part?: { readonly upload: Upload; readonly partNumber: number; readonly etag: string } | undefined;
  /** The key of an upload that is begun if it was done. */
  readonly begins?: string | undefined;
}

export type Random = (below: number) => number;

/** Numbers that look random, and are the same for the same seed. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % below;
  };
}

const digest = (algorithm: "md5" | "sha256", bytes: Uint8Array) => createHash(algorithm).update(bytes);
const etagOf = (bytes: Uint8Array) => `"${digest("md5", bytes).digest("hex")}"`;
const sha256Of = (bytes: Uint8Array) => digest("sha256", bytes).digest("base64");

export class Lane {
  readonly keys: readonly string[];
  readonly objects = new Map<string, Version>();
  readonly uploads: Upload[] = [];
  readonly #random: Random;
  #doubt: Doubt | undefined;

  constructor(name: string, random: Random) {
    this.keys = ["a", "b/c", "b/d", "b/e/f/g"].map((key) => `${name}/${key}`);
    this.#random = random;
  }

  /** Makes one request. If it fails, whether it was done is in doubt. */
  async step(store: Writes): Promise<void> {
    const key = this.#key();
    const upload = this.uploads[this.#random(Math.max(1, this.uploads.length))];
    const choice = this.#random(10);
    if (choice < 3) return this.#put(store, key);
    if (choice === 3) return this.#copy(store, key);
    if (choice === 4) return this.#delete(store, [key]);
    if (choice === 5) return this.#delete(store, [...new Set([key, this.#key()])]);
    if (upload === undefined) return this.#begin(store, key);
    if (upload.parts.size === 0 || choice === 6) return this.#putPart(store, upload);
    if (choice === 7) return this.#end(store, upload, "abort");
    return this.#end(store, upload, "complete");
  }

  #key = () => this.keys[this.#random(this.keys.length)]!;
  #colour = () => `colour ${this.#random(1_000_000)}`;

  #bytes(): Buffer {
    const size = this.#random(8) === 0 ? this.#random(600_000) : this.#random(2_000);
    return Buffer.alloc(size, `${this.#random(1_000_000)},`);
  }

  async #put(store: Writes, key: string): Promise<void> {
    const bytes = this.#bytes();
    const version = { bytes, colour: this.#colour(), etag: etagOf(bytes), sha256: sha256Of(bytes) };
    await this.#do({ objects: new Map([[key, version]]) }, () =>
      store.put({ bucket: BUCKET, key }, bytes, {
        metadata: { colour: version.colour },
        checksum: { algorithm: "sha256", value: version.sha256 },
      }),
    );
  }

  async #copy(store: Writes, key: string): Promise<void> {
    const from = this.#key();
    const source = this.objects.get(from);
    if (source === undefined || from === key) return;
    const copied = { ...source, etag: etagOf(source.bytes) };
    await this.#do({ objects: new Map([[key, copied]]) }, () =>
      store.copy({ bucket: BUCKET, key: from }, { bucket: BUCKET, key }),
    );
  }

  async #delete(store: Writes, keys: readonly string[]): Promise<void> {
    const [only = "", ...others] = keys;
    await this.#do({ objects: new Map(keys.map((key) => [key, undefined])) }, async () => {
      if (others.length === 0) return store.delete({ bucket: BUCKET, key: only });
      const { failed } = await store.deleteMany(BUCKET, keys);
      for (const { key, message } of failed) throw new Error(`${key}: ${message}`);
    });
  }

  async #begin(store: Writes, key: string): Promise<void> {
    const colour = this.#colour();
    await this.#do({ objects: new Map(), begins: key }, async () => {
      const target = await store.createMultipart({ bucket: BUCKET, key }, { metadata: { colour } });
      this.uploads.push({ target, colour, parts: new Map() });
    });
  }

  async #putPart(store: Writes, upload: Upload): Promise<void> {
    const bytes = Buffer.concat([this.#bytes(), Buffer.from("long enough")]);
    const partNumber = 1 + this.#random(3);
    const part = { upload, partNumber, etag: etagOf(bytes) };
    await this.#do({ objects: new Map(), part }, async () => {
      upload.parts.set(partNumber, { bytes, info: await store.putPart(upload.target, partNumber, bytes) });
    });
  }

  async #end(store: Writes, upload: Upload, how: "complete" | "abort"): Promise<void> {
    const { target, colour } = upload;
    const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, part]) => part);
    const etags = Buffer.concat(parts.map(({ bytes }) => digest("md5", bytes).digest()));
    const etag = `${etagOf(etags).slice(0, -1)}-${parts.length}"`;
    const made = { bytes: Buffer.concat(parts.map(({ bytes }) => bytes)), colour, etag };
    const objects = new Map(how === "complete" ? [[target.key, made]] : []);
    await this.#do({ objects, ends: upload }, async () => {
      const infos = parts.map(({ info }) => info);
      await (how === "complete" ? store.completeMultipart(target, infos) : store.abortMultipart(target));
      this.uploads.splice(this.uploads.indexOf(upload), 1);
    });
  }

  async #do(doubt: Doubt, request: () => Promise<unknown>): Promise<void> {
    this.#doubt = doubt;
    await request();
    this.#doubt = undefined;
    for (const [key, version] of doubt.objects) this.#now(key, version);
  }

  #now(key: string, version: Version | undefined): void {
    if (version === undefined) this.objects.delete(key);
    else this.objects.set(key, version);
  }

  /** Judges what is there after a crash, and takes it for what there is from now on. */
  async judge(store: ObjectStore): Promise<void> {
    const doubt = this.#doubt;
    this.#doubt = undefined;
    const changed: boolean[] = [];
    for (const key of this.keys) {
      const [found, before] = [await look(store, key), this.objects.get(key)];
      const after = doubt?.objects.has(key) ? doubt.objects.get(key) : before;
      const wanted = [before, after].map(shown);
      expect(wanted, key).toContain(shown(found));
      if (wanted[0] !== wanted[1]) changed.push(shown(found) === wanted[1]);
      this.#now(key, found && (shown(found) === wanted[1] ? after : before));
    }
    const { uploads } = await store.listMultiparts(BUCKET, { prefix: `${this.keys[0]!.split("/")[0]}/` });
    const open = new Set(uploads.map(({ uploadId }) => uploadId));
    for (const upload of [...this.uploads]) {
      const isOpen = open.delete(upload.target.uploadId);
      if (doubt?.ends !== upload) expect(isOpen, `upload of ${upload.target.key}`).toBe(true);
      // A completion is the end of its upload and the object, or neither.
      else if (changed.length > 0) expect(changed).toEqual([!isOpen]);
      if (isOpen) await this.#judgeParts(store, upload, doubt);
      else this.uploads.splice(this.uploads.indexOf(upload), 1);
    }
    const rest = uploads.filter(({ uploadId }) => open.has(uploadId));
    expect(rest.every(({ key }) => key === doubt?.begins) && rest.length < 2, "an upload of nobody").toBe(
      true,
    );
    for (const target of rest) await store.abortMultipart(target);
  }

  async #judgeParts(store: ObjectStore, upload: Upload, doubt: Doubt | undefined): Promise<void> {
    const { parts } = await store.listParts(upload.target);
    const found = new Map(parts.map((part) => [part.partNumber, part.etag]));
    const wanted = new Map([...upload.parts].map(([partNumber, { info }]) => [partNumber, info.etag]));
    const part = doubt?.part;
    if (part?.upload === upload && found.get(part.partNumber) === part.etag) {
      wanted.set(part.partNumber, part.etag);
      // Its bytes are as good as sent; to name it, they would have to be sent again.
      upload.parts.delete(part.partNumber);
    }
    expect(found).toEqual(wanted);
  }
}

async function look(store: ObjectStore, key: string): Promise<Version | undefined> {
  const found = await store.get({ bucket: BUCKET, key }).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === "NoSuchKey") return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  const bytes = Buffer.from(await new Response(found.body).arrayBuffer());
  const { etag, metadata, checksum, size } = found;
  expect(size).toBe(bytes.length);
  return { bytes, etag, colour: metadata?.colour ?? "", sha256: checksum?.value };
}

const shown = (version: Version | undefined) =>
  version === undefined
    ? "nothing"
    : `${version.bytes.length} bytes ${sha256Of(version.bytes)} ${version.colour} ${version.etag} ${version.sha256}`;

/** Judges all lanes, and that there is nothing besides what is theirs. */
export async function judgeAll(store: ObjectStore, lanes: readonly Lane[]): Promise<void> {
  for (const lane of lanes) await lane.judge(store);
  const { objects } = await store.list(BUCKET);
  expect(objects.map(({ key }) => key).sort()).toEqual(
    lanes.flatMap((lane) => [...lane.objects.keys()]).sort(),
  );
}
