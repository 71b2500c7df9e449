import { PutObjectTaggingCommand } from "@aws-sdk/client-s3";
import { S3_LIMITS } from "@sluice/object-store";
import { ObjectTooLargeError } from "../errors.js";
import { upload } from "../upload.js";
import { unlessAborted, uploadAborted, whenAborted } from "./abort.js";
import { bodyOf, hearErrors } from "./body.js";
import { CommandStore, type Output } from "./command-store.js";
import { Emitter } from "./emitter.js";
import { forTagging } from "./fields.js";
import { InDoubt } from "./in-doubt.js";
import type { AbortControllerLike, Options, Progress } from "./options.js";
import { Sent } from "./sent.js";
import { type Size, sizeOf } from "./size.js";

//  made ──done()──▶ sending ──▶ published ──▶ tagged ──▶ resolved
//                      └──failure, abort()──▶ cleared up ──▶ rejected

/**
 * The `Upload` of `@aws-sdk/lib-storage`, by the same commands and with the same results, on top of `upload`: it holds
 * `queueSize` × `partSize` bytes at the most, and leaves nothing behind.
 *
 * @example
 * ```ts
 * const upload = new Upload({ client, params: { Bucket: "films", Key: "cat.mp4", Body: createReadStream(path) } });
 * upload.on("httpUploadProgress", ({ loaded, total }) => console.log(loaded, total));
 * const { ETag } = await upload.done();
 * ```
 */
export class Upload extends Emitter<Progress> {
  private static MIN_PART_SIZE = 5 * 2 ** 20;
  private MAX_PARTS = 10_000;

  /** Of a multipart upload, once it was begun. */
  uploadId?: string;
  /** The event that was listened to last with `on`. */
  uploadEvent?: string;

  readonly #options: Options;
  readonly #queueSize: number;
  private readonly abortController: AbortControllerLike;
  #sent = false;

  /** Throws the errors of lib-storage: without `params` or a `client`, for too small parts, for a negative queue. */
  constructor(options: Options) {
    super();
    const { params, client, partSize, queueSize, abortController } = options;
    if (!params) throw new Error("InputError: Upload requires params to be passed to upload.");
    if (!client) throw new Error("InputError: Upload requires a AWS client to do uploads with.");
    const least = Upload.MIN_PART_SIZE;
    if (partSize && partSize < least) {
      throw new Error(
        `EntityTooSmall: Your proposed upload part size [${partSize}] is smaller than the minimum allowed size [${least}] (5MB)`,
      );
    }
    this.#options = options;
    this.#queueSize = queueSize || 4;
    if (this.#queueSize < 1) throw new Error("Queue size: Must have at least one uploading queue.");
    this.abortController = abortController ?? new AbortController();
  }

  /**
   * Stops the upload, by the abortController.
   *
   * - **Order:** resolves at once; `done()` rejects when everything is cleared up.
   * - **Abort:** cannot be taken back. After the end it does nothing.
   * - **Errors:** none of its own.
   */
  async abort(): Promise<void> {
    this.abortController.abort();
  }

  /**
   * Uploads the body, and answers as the SDK does: for several parts what CompleteMultipartUpload has answered, for one
   * what PutObject has, with `Bucket`, `Key` and `Location`. To be called once.
   *
   * - **Order:** parts are read in order and sent as they come.
   * - **Abort:** rejects with an `AbortError` "Upload aborted.", whose `cause` is the reason, when the store is
   *   cleared up; a stalled source is not waited for.
   * - **Errors:** the first failure, as the SDK or the body has thrown it; what failed while clearing up is in its
   *   non-enumerable `alsoFailed`.
   */
  async done(): Promise<Output> {
    if (this.#sent) {
      throw new Error(
        "@aws-sdk/lib-storage: this instance of Upload has already executed .done(). Create a new instance.",
      );
    }
    this.#sent = true;
    const stop = new AbortController();
    const { signal } = this.abortController;
    const unfollow = whenAborted(signal, () => stop.abort(uploadAborted(signal.reason)));
    try {
      const output = await this.#upload(stop.signal);
      await this.#tag(stop.signal);
      return output;
    } catch (cause) {
      throw this.#surfacing(cause);
    } finally {
      unfollow();
    }
  }

  override on(event: "httpUploadProgress", listener: (progress: Progress) => void): this {
    this.uploadEvent = event;
    return super.on(event, listener);
  }

  async #upload(signal: AbortSignal): Promise<Output> {
    const { client, params, partSize, leavePartsOnError, budget } = this.#options;
    const { Bucket: bucket = "", Key: key = "", Body, ContentLength: length } = params;
    hearErrors(Body);
    const size = await sizeOf(params);
    const least = Math.max(Upload.MIN_PART_SIZE, Math.ceil((size?.bytes ?? 0) / this.MAX_PARTS));
    const chosen = partSize || least;
    const tell = (progress: Progress) => {
      this.emit("httpUploadProgress", { ...progress, Key: params.Key, Bucket: params.Bucket });
    };
    const store = new CommandStore({
      client,
      params,
      limits: { ...S3_LIMITS, minPartSize: Upload.MIN_PART_SIZE, maxParts: this.MAX_PARTS },
      sent: new Sent(client.config?.requestHandler, size?.bytes, tell),
      onBegun: (uploadId) => {
        if (uploadId !== undefined) this.uploadId = uploadId;
      },
      checkParts: (parts) => checkParts(parts, size, chosen),
    });
    await upload(store, { bucket, key }, bodyOf(Body), {
      length,
      partSize: chosen,
      slots: Math.ceil(this.#queueSize),
      budget,
      // Both are the SDK's: what the client is configured for is what counts.
      integrity: "none",
      retry: { attempts: 1 },
      leavePartsOnError,
      signal,
    });
    return store.output;
  }

  async #tag(signal: AbortSignal): Promise<void> {
    const { client, params, tags = [] } = this.#options;
    if (tags.length === 0) return;
    const command = new PutObjectTaggingCommand({ ...forTagging(params), Tagging: { TagSet: tags } });
    await unlessAborted(signal, (options) => client.send(command, options));
  }

  #surfacing(cause: unknown): unknown {
    if (cause instanceof InDoubt) return cause.surfacing();
    if (!(cause instanceof ObjectTooLargeError)) return cause;
    const { Bucket, Key } = this.#options.params;
    const text = `Exceeded ${this.MAX_PARTS} parts in multipart upload to Bucket: ${Bucket} Key: ${Key}.`;
    return new Error(text, { cause });
  }
}

// For sizes that nobody has declared. A declared one is counted to the byte, by `upload`.
function checkParts(parts: number, size: Size | undefined, partSize: number): void {
  const expected = size && Math.ceil(size.bytes / partSize);
  if (size === undefined || parts === expected) return;
  throw new Error(`Expected ${expected} part(s) but uploaded ${parts} part(s).
The expected part count is based on the byte-count of the input.params.Body,
which was read from ${size.source} and is ${size.bytes}.
If this is not correct, provide an override value by setting a number
to input.params.ContentLength in bytes.
`);
}
