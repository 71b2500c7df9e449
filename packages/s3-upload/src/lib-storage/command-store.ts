import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandOutput,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import {
  type MultipartTarget,
  type ObjectInfo,
  type ObjectStore,
  type ObjectTarget,
  type PartInfo,
  type PartsPage,
  type PutResult,
  type RequestOptions,
  type StoreBody,
  StoreError,
  type StoreLimits,
} from "@sluice/object-store";
import { unlessAborted } from "./abort.js";
import { completedPart } from "./completed-part.js";
import { forAbort, forComplete, forCreate, forLook, forPart, forPut } from "./fields.js";
import { InDoubt, isDoubtful, nameOf } from "./in-doubt.js";
import { encodedPath, locationOf } from "./location.js";
import type { Params } from "./options.js";
import type { Sent } from "./sent.js";
import { WholeDigests } from "./whole-digests.js";

export type Output = CompleteMultipartUploadCommandOutput;

/** What one upload is about, beside its body. */
export interface Job {
  readonly client: S3Client;
  readonly params: Params;
  readonly limits: StoreLimits;
  readonly sent: Sent;
  /** Called when a multipart upload was begun. */
  readonly onBegun: (uploadId: string | undefined) => void;
  /** Throws if a body of so many parts is not what was to be uploaded. */
  readonly checkParts: (parts: number) => void;
}

/**
 * A store for one upload. It sends the commands that lib-storage sends, with the params of the caller and all that the
 * SDK adds of its own: retries, checksums, middleware. The SDK's errors and answers pass as they are.
 */
export class CommandStore implements ObjectStore {
  readonly limits: StoreLimits;
  readonly #job: Job;
  readonly #parts: CompletedPart[] = [];
  #digests: WholeDigests | undefined;
  #uploadId: string | undefined;
  #output: Output | undefined;

  constructor(job: Job) {
    this.limits = job.limits;
    this.#job = job;
  }

  /** What the SDK has answered to the request that has published the object. */
  get output(): Output {
    return this.#output as Output;
  }

  async put(target: ObjectTarget, body: StoreBody, { signal }: RequestOptions = {}): Promise<PutResult> {
    const { client, params, sent } = this.#job;
    const bytes = await bytesOf(body);
    const command = new PutObjectCommand({ ...forPut(params), Body: bytes });
    try {
      const put = () => unlessAborted(signal, (options) => client.send(command, options));
      const output = await sent.whole(encodedPath(target.key), bytes.length, put);
      this.#output = await this.#located(target, output);
      return { etag: output?.ETag ?? "" };
    } catch (error) {
      // The condition may have failed because an earlier try, whose answer was lost, has fulfilled the wish.
      throw nameOf(error) === "PreconditionFailed" && isDoubtful(error) ? new InDoubt(error) : error;
    }
  }

  async createMultipart(target: ObjectTarget, { signal }: RequestOptions = {}): Promise<MultipartTarget> {
    const { client, params, onBegun } = this.#job;
    this.#digests = new WholeDigests(params);
    const supported = (await client.config.requestChecksumCalculation?.()) === "WHEN_SUPPORTED";
    const command = new CreateMultipartUploadCommand({
      ...forCreate(params),
      ...(supported && { ChecksumAlgorithm: params.ChecksumAlgorithm || "CRC32" }),
    });
    const output = await unlessAborted(signal, (options) => client.send(command, options));
    this.#uploadId = output.UploadId;
    onBegun(output.UploadId);
    return { ...target, uploadId: output.UploadId ?? "" };
  }

  async putPart(
    upload: MultipartTarget,
    partNumber: number,
    body: StoreBody,
    { signal }: RequestOptions = {},
  ): Promise<PartInfo> {
    const { client, params, sent } = this.#job;
    const bytes = await bytesOf(body);
    await unlessAborted(signal, () => this.#digests!.add(partNumber, bytes));
    const command = new UploadPartCommand({
      ...forPart(params),
      UploadId: this.#uploadId,
      PartNumber: partNumber,
      Body: bytes,
    });
    const part = await sent.part(partNumber, upload.uploadId, bytes.length, async () => {
      const output = await unlessAborted(signal, (options) => client.send(command, options));
      return completedPart(partNumber, output);
    });
    this.#parts[partNumber - 1] = part;
    return { partNumber, etag: part.ETag };
  }

  async completeMultipart(
    _upload: MultipartTarget,
    parts: readonly PartInfo[],
    { signal }: RequestOptions = {},
  ): Promise<PutResult> {
    const { client, params, checkParts } = this.#job;
    checkParts(parts.length);
    await this.#digests!.check();
    const command = new CompleteMultipartUploadCommand({
      ...forComplete(params),
      UploadId: this.#uploadId,
      MultipartUpload: { Parts: this.#parts },
    });
    try {
      const output = await unlessAborted(signal, (options) => client.send(command, options));
      // S3 writes the slashes of a key in two ways, depending on how it was uploaded.
      if (output?.Location) output.Location = output.Location.replaceAll("%2F", "/");
      this.#output = output;
      return { etag: output?.ETag ?? "" };
    } catch (error) {
      throw isDoubtful(error) ? new InDoubt(error) : error;
    }
  }

  async abortMultipart(_upload: MultipartTarget, { signal }: RequestOptions = {}): Promise<void> {
    const { client, params } = this.#job;
    const command = new AbortMultipartUploadCommand({ ...forAbort(params), UploadId: this.#uploadId });
    try {
      await unlessAborted(signal, (options) => client.send(command, options));
    } catch (error) {
      if (nameOf(error) !== "NoSuchUpload") throw error;
    }
  }

  async listParts(_upload: MultipartTarget, { signal }: RequestOptions = {}): Promise<PartsPage> {
    const { client, params } = this.#job;
    const command = new ListPartsCommand({ ...forLook(params), UploadId: this.#uploadId, MaxParts: 1 });
    const output = await unlessAborted(signal, (options) => client.send(command, options)).catch((error) => {
      throw nameOf(error) === "NoSuchUpload" ? gone() : error;
    });
    // A mock that has no answer to this says nothing.
    if (!output?.UploadId) throw gone();
    return { parts: [] };
  }

  async head(target: ObjectTarget, { signal }: RequestOptions = {}): Promise<ObjectInfo> {
    const { client, params } = this.#job;
    const command = new HeadObjectCommand(forLook(params));
    const output = await unlessAborted(signal, (options) => client.send(command, options));
    const { ETag, VersionId, ChecksumType, $metadata } = output;
    this.#output = await this.#located(target, { ETag, VersionId, ChecksumType, $metadata });
    return { size: output.ContentLength ?? 0, etag: ETag ?? "", lastModified: new Date(0), metadata: {} };
  }

  async #located({ bucket, key }: ObjectTarget, output: Output): Promise<Output> {
    const Location = await locationOf(this.#job.client, bucket, key);
    return { ...output, Bucket: bucket, Key: key, Location };
  }

  // An upload asks for none of these.
  get = unasked;
  delete = unasked;
  deleteMany = unasked;
  copy = unasked;
  copyPart = unasked;
  list = unasked;
  listMultiparts = unasked;
}

const unasked = (): Promise<never> =>
  Promise.reject(new StoreError("NotImplemented", "this store is made for one upload"));

const gone = () => new StoreError("NoSuchUpload", "the multipart upload is gone", { status: 404 });

// Where there are Buffers, the SDK and its mocks are given such, as by lib-storage.
async function bytesOf(body: StoreBody): Promise<Uint8Array> {
  const { Buffer } = globalThis as {
    Buffer?: { from(b: ArrayBufferLike, at: number, n: number): Uint8Array };
  };
  const bytes =
    body instanceof Uint8Array
      ? body
      : new Uint8Array(
          await new Response(
            "stream" in body ? body.stream : new Blob([...body] as BlobPart[]),
          ).arrayBuffer(),
        );
  return Buffer?.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) ?? bytes;
}
