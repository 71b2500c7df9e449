import {
  type CompleteOptions,
  type CopyPartOptions,
  type CreateMultipartOptions,
  type GetOptions,
  type GetResult,
  type ListedPart,
  type ListMultipartsOptions,
  type ListPartsOptions,
  type MultipartsPage,
  type MultipartTarget,
  type ObjectSource,
  type ObjectTarget,
  type PartInfo,
  type PartsPage,
  type PutPartOptions,
  type PutResult,
  type RequestOptions,
  refusal,
  type StoreBody,
} from "@sluice/object-store";
import { declaredSize } from "./body-source.js";
import { compareWhole } from "./claimed-whole.js";
import { contextOf, joinUploadId, splitUploadId, withEnvelope } from "./envelope.js";
import { bareEtagIn, markedEtag } from "./etags.js";
import { writeCount } from "./frames.js";
import { assemble, isLast, type PartRules, plainPart } from "./part-list.js";
import type { Place } from "./place.js";
import { sendSealed } from "./send-sealed.js";
import type { FrameCodec } from "./transform.js";
import { lookedAt, told } from "./writes.js";

//  An upload's id brings its envelope. A part that can only be the last is sealed as the last. Where the last part could
//  have had another one behind it, Complete sends a frame without bytes, as the part with the largest number there is.

/** The half of a transformed store that is concerned with multipart uploads. */
export class Uploads {
  readonly #at: Place;
  readonly #rules: PartRules & { readonly maxPartSize: number };

  constructor(place: Place, rules: PartRules & { readonly maxPartSize: number }) {
    this.#at = place;
    this.#rules = rules;
  }

  async create(target: ObjectTarget, options: CreateMultipartOptions): Promise<MultipartTarget> {
    const { store, transform } = this.#at;
    // What the store would sum up is not what the caller sends.
    const { checksumAlgorithm: _, checksumType: _type, metadata, ...rest } = options;
    const context = contextOf(transform.name, transform.frameSize, "parts");
    const { header } = await transform.begin({ target, context, note: "" });
    const kept = { ...rest, metadata: withEnvelope(metadata, context, header) };
    const upload = await store.createMultipart(target, kept);
    return { ...upload, uploadId: joinUploadId(upload.uploadId, context, header) };
  }

  async putPart(
    upload: MultipartTarget,
    partNumber: number,
    body: StoreBody,
    options: PutPartOptions,
  ): Promise<PartInfo> {
    const { contentMd5, checksum, checksumAlgorithm: _, trailer: __, ...rest } = options;
    const { maxPartSize, maxParts } = this.#rules;
    const size = declaredSize(body);
    if (size > maxPartSize) {
      throw refusal("EntityTooLarge", `a part has at most ${maxPartSize} bytes, got ${size}`);
    }
    if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > maxParts) {
      throw refusal("InvalidArgument", `parts are numbered from 1 to ${maxParts}, got ${partNumber}`);
    }
    options.signal?.throwIfAborted();
    const { target, codec } = await this.#resume(upload);
    const last = isLast(size, partNumber, this.#at.frames, this.#rules);
    const sealing = { codec, part: partNumber, last, claims: { contentMd5, checksum } };
    const { etag } = await sendSealed(this.#at, body, sealing, options, (sealed, onSent) =>
      this.#at.store.putPart(target, partNumber, sealed, { ...rest, onSent }),
    );
    return { partNumber, etag: markedEtag(etag), encryption: "client", ...(checksum && { checksum }) };
  }

  /** Read, opened, sealed again and sent: the frames of one object are good for no other. */
  async copyPart(
    upload: MultipartTarget,
    partNumber: number,
    get: (options: GetOptions) => Promise<GetResult>,
    { range, sourceCustomerKey, ...options }: CopyPartOptions,
  ): Promise<PartInfo> {
    const got = await lookedAt(options, (conditions) =>
      get({ ...conditions, customerKey: sourceCustomerKey }),
    );
    const length = got.range.end - got.range.start + 1;
    if (range !== undefined && got.range.end !== range.end) {
      const refused = refusal(
        "InvalidRange",
        `the range ends at ${range.end}, but there are ${got.size} bytes`,
      );
      await got.body.cancel(refused);
      throw refused;
    }
    try {
      const { checksum: _, ...part } = await this.putPart(
        upload,
        partNumber,
        { stream: got.body, length },
        options,
      );
      return part;
    } catch (error) {
      if (!got.body.locked) await got.body.cancel(error).catch(() => {});
      throw error;
    }
  }

  async listParts(upload: MultipartTarget, options: ListPartsOptions): Promise<PartsPage> {
    const page = await this.#at.store.listParts(bareTarget(upload), options);
    const parts = page.parts.filter((part) => !this.#isEnd(part));
    return { ...page, parts: parts.map((part) => plainPart(part, this.#at.frames)) };
  }

  async complete(
    upload: MultipartTarget,
    parts: readonly PartInfo[],
    options: CompleteOptions,
  ): Promise<PutResult> {
    const { store, frames } = this.#at;
    const { checksum, size, ifMatch, ...rest } = options;
    const { signal, expectedBucketOwner, customerKey } = options;
    const { target, codec } = await this.#resume(upload);
    const asked = { signal, expectedBucketOwner, customerKey };
    const listed = new Map<number, ListedPart>();
    for (let after: number | undefined, more = true; more; ) {
      const page: PartsPage = await store.listParts(target, { ...asked, after });
      for (const part of page.parts) listed.set(part.partNumber, part);
      after = page.next;
      more = after !== undefined;
    }
    const whole = assemble(parts, listed, frames, this.#rules);
    if (size !== undefined && size !== whole.size) {
      throw refusal("InvalidRequest", `the parts have ${whole.size} bytes, not the announced ${size}`);
    }
    if (checksum !== undefined) await compareWhole(checksum, parts, whole.sizes);
    const named = [...whole.parts];
    if (whole.end !== undefined) {
      const { maxParts } = this.#rules;
      const frame = await codec.sealEmpty(whole.end);
      named.push(await store.putPart(target, maxParts, [writeCount(whole.end.count), frame], asked));
    }
    const ours = { ...rest, size: whole.sealedSize, ifMatch: bareEtagIn(ifMatch) };
    const result = told(await store.completeMultipart(target, named, ours));
    return { ...result, ...(checksum && { checksum }) };
  }

  abort(upload: MultipartTarget, options: RequestOptions): Promise<void> {
    return this.#at.store.abortMultipart(bareTarget(upload), options);
  }

  list(bucket: string, options: ListMultipartsOptions): Promise<MultipartsPage> {
    return this.#at.store.listMultiparts(bucket, options);
  }

  // A client that completes what is complete already, or lists its parts, must not stumble over what it has not sent.
  #isEnd({ partNumber, size }: ListedPart): boolean {
    return partNumber === this.#rules.maxParts && size === this.#at.frames.overhead;
  }

  async #resume(upload: MultipartTarget): Promise<{ target: MultipartTarget; codec: FrameCodec }> {
    const { transform } = this.#at;
    const { id, envelope } = splitUploadId(upload.uploadId);
    const context = contextOf(transform.name, transform.frameSize, "parts");
    const ours =
      envelope?.way === "parts" &&
      envelope.name === transform.name &&
      envelope.frameSize === transform.frameSize;
    if (!ours) {
      throw refusal(
        "NoSuchUpload",
        "parts go to the id that the upload was begun with; a listing has only the store's",
      );
    }
    const { codec } = await transform.resume(envelope.header, upload as ObjectSource, context);
    return { target: { ...upload, uploadId: id }, codec };
  }
}

const bareTarget = (upload: MultipartTarget): MultipartTarget => ({
  ...upload,
  uploadId: splitUploadId(upload.uploadId).id,
});
