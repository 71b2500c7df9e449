import {
  chunksOf,
  type GetOptions,
  type GetResult,
  type HeadOptions,
  type ObjectInfo,
  type ObjectSource,
  refusal,
  streamOf,
} from "@sluice/object-store";
import { contextOf, ENVELOPE, type Envelope, envelopeOf, userMetadata } from "./envelope.js";
import { TamperedError } from "./errors.js";
import { bareEtagIn, markedEtag } from "./etags.js";
import { checksumIn } from "./notes.js";
import { OpenedBody } from "./opened-body.js";
import type { Place } from "./place.js";
import type { FrameCodec } from "./transform.js";

/** A stored object whose envelope has been opened. */
interface Opened {
  readonly codec: FrameCodec;
  readonly envelope: Envelope;
  /** By which it is known what its parts are like. */
  readonly name: string;
  readonly count: number;
  /** Whether it ends with a frame that only says so. */
  readonly ended: boolean;
  /** As the caller sees it. */
  readonly info: ObjectInfo;
}

/** Bytes of an object, from the first to before `to`, and the frame before which the last of those that they are in ends. */
interface Extent {
  readonly from: number;
  readonly to: number;
  readonly stop: number;
}

/** The reading half of a transformed store. */
export class Reads {
  readonly #at: Place;

  constructor(place: Place) {
    this.#at = place;
  }

  async get(source: ObjectSource, options: GetOptions): Promise<GetResult> {
    const { range, partNumber } = options;
    if (range !== undefined && partNumber !== undefined) {
      throw refusal("InvalidRequest", "a range and a part number exclude each other");
    }
    const got = await this.#ask(source, options);
    const leave = (error: unknown) => void got.body.cancel(error).catch(() => {});
    try {
      const { body, range: given, ...stored } = got;
      const opened = await this.#open(source, stored);
      // A store that heeds no ranges begins with the first frame: what was not asked for is opened and left out.
      const first = Math.floor(given.start / this.#at.frames.sealed);
      const extent = { ...this.#extentOf(opened, stored, range), first };
      const { envelope, name, info } = opened;
      const perPart = this.#at.perPart.get(name);
      if (first > 0 && envelope.way === "parts" && perPart === undefined) {
        leave(undefined);
        await this.#learn(opened, stored, source, options);
        // By then the object may be another one.
        return await this.get(source, { ...options, ifMatch: options.ifMatch ?? info.etag });
      }
      const { frames, pool } = this.#at;
      const chunks = new OpenedBody(chunksOf(body), {
        ...extent,
        at: source,
        frames,
        pool,
        codec: opened.codec,
        sealedSize: stored.size,
        inParts: envelope.way === "parts",
        perPart,
        onPerPart: (count) => this.#at.perPart.set(name, count),
        signal: options.signal,
      });
      return { ...info, range: { start: extent.from, end: extent.to - 1 }, body: streamOf(chunks) };
    } catch (error) {
      leave(error);
      throw error;
    }
  }

  async head(source: ObjectSource, options: HeadOptions): Promise<ObjectInfo> {
    const stored = await this.#at.store.head(source, this.#conditions(options));
    const opened = await this.#open(source, stored);
    this.#extentOf(opened, stored, undefined);
    return opened.info;
  }

  /** Asks for the frames that the bytes are in. */
  async #ask(source: ObjectSource, options: GetOptions): Promise<GetResult> {
    const { store, frames } = this.#at;
    const { range, ...rest } = options;
    if (range === undefined) return store.get(source, this.#conditions(rest));
    const { start, end = Number.MAX_SAFE_INTEGER } = range;
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
      throw refusal(
        "InvalidArgument",
        `a range has whole numbers 0 <= start <= end, got ${start} to ${range.end}`,
      );
    }
    const stop = (Math.floor(end / frames.plain) + 1) * frames.sealed - 1;
    const sealed = {
      start: Math.floor(start / frames.plain) * frames.sealed,
      ...(range.end !== undefined && Number.isSafeInteger(stop) && { end: stop }),
    };
    return store.get(source, { ...this.#conditions(rest), range: sealed }).catch((error: unknown) => {
      if ((error as { code?: unknown } | undefined)?.code !== "InvalidRange") throw error;
      throw refusal("InvalidRange", `the range begins at ${start}, behind the end`, error);
    });
  }

  #conditions<O extends HeadOptions>(options: O): O {
    const { ifMatch, ifNoneMatch } = options;
    return { ...options, ifMatch: bareEtagIn(ifMatch), ifNoneMatch: bareEtagIn(ifNoneMatch) };
  }

  async #open(source: ObjectSource, stored: ObjectInfo): Promise<Opened> {
    const { transform, frames } = this.#at;
    const envelope = envelopeOf(stored.metadata, source, transform);
    const context = contextOf(transform.name, transform.frameSize, envelope.way);
    const { codec, note } = await transform.resume(envelope.header, source, context);
    const opened = frames.opened(stored.size);
    if (opened === undefined) throw new TamperedError(source, 0, "is cut off");
    const { count, size } = opened;
    const ended = count > 1 && stored.size === (count - 1) * frames.sealed + frames.overhead;
    const { checksum: _, part: _part, partsCount, metadata, etag, ...rest } = stored;
    const checksum = stored.part === undefined ? checksumIn(note) : undefined;
    const part = this.#partIn(stored, size, envelope.way === "put" ? note : "");
    const info: ObjectInfo = {
      ...rest,
      size,
      etag: markedEtag(etag),
      ...(metadata && { metadata: userMetadata(metadata)! }),
      ...(partsCount !== undefined && { partsCount: partsCount - (ended ? 1 : 0) }),
      ...(checksum && { checksum }),
      ...(part && { part }),
    };
    return { codec, envelope, name: stored.metadata![ENVELOPE]!, count, ended, info };
  }

  #partIn({ part }: ObjectInfo, size: number, note: string): ObjectInfo["part"] {
    if (part === undefined) return undefined;
    const { frames } = this.#at;
    const start = Math.floor(part.range.start / frames.sealed) * frames.plain;
    const end = Math.min(Math.ceil((part.range.end + 1) / frames.sealed) * frames.plain, size) - 1;
    const checksum = checksumIn(note);
    return { range: { start, end }, ...(checksum && { checksum }) };
  }

  #extentOf({ info, count, ended }: Opened, { part }: ObjectInfo, range: GetOptions["range"]): Extent {
    const { frames } = this.#at;
    const { size } = info;
    if (part !== undefined && info.part !== undefined) {
      const { start, end } = info.part.range;
      const first = Math.floor(part.range.start / frames.sealed);
      if (ended && first === count - 1) throw refusal("InvalidPartNumber", "the object has no such part");
      const stop = Math.min(Math.ceil((part.range.end + 1) / frames.sealed), count);
      return { from: start, to: end + 1, stop };
    }
    if (range === undefined) return { from: 0, to: size, stop: count };
    const { start, end = Number.MAX_SAFE_INTEGER } = range;
    if (start >= size) {
      throw refusal("InvalidRange", `the range begins at ${start}, but there are ${size} bytes`);
    }
    const stop = range.end === undefined ? count : Math.min(Math.floor(end / frames.plain) + 1, count);
    return { from: start, to: Math.min(end + 1, size), stop };
  }

  /** How many frames the first part has, which is how many each has: its first frame says so, to be opened whole. */
  async #learn(
    { codec, name }: Opened,
    { size, etag, versionId }: ObjectInfo,
    source: ObjectSource,
    { signal, customerKey, expectedBucketOwner }: GetOptions,
  ): Promise<void> {
    const { store, frames, pool } = this.#at;
    const at = { ...source, ...(versionId !== undefined && { versionId }) };
    const options = { signal, customerKey, expectedBucketOwner, ifMatch: etag };
    const { body } = await store.get(at, { ...options, range: { start: 0, end: frames.sealed - 1 } });
    const chunks = new OpenedBody(chunksOf(body), {
      at: source,
      frames,
      pool,
      codec,
      sealedSize: size,
      inParts: true,
      perPart: undefined,
      onPerPart: (count) => this.#at.perPart.set(name, count),
      first: 0,
      stop: 1,
      from: 0,
      to: 1,
      signal,
    });
    await chunks.next();
    chunks.cancel(undefined);
  }
}
